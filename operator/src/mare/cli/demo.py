"""`mare demo`: shows the autoscaler at work, with nothing to prepare."""

import os
import shutil

import click

from mare.cli.local import PROCESSES_PER_CORE, dashboard_option
from mare.demo.run import run
from mare.local_run.run import dashboard_port
from mare.private_broker import NoBroker
from mare.private_broker.node import BrokerFailed
from mare.processes.command import CommandFailed

_MOST_PROCESSES = 8


@click.command()
@click.option(
    "--seconds",
    type=click.IntRange(5, 3600),
    default=120,
    show_default=True,
    help="Length of the load.",
)
@click.option(
    "--max",
    "most",
    type=click.IntRange(1, 64),
    default=lambda: min(_MOST_PROCESSES, PROCESSES_PER_CORE * (os.cpu_count() or 1)),
    show_default=f"{PROCESSES_PER_CORE} per core, at most {_MOST_PROCESSES}",
    help="Upper limit of worker processes; the load is in proportion to it.",
)
@dashboard_option
def demo(*, seconds: int, most: int, dashboard: int | None) -> None:
    """Scale workers under a load that rises and falls, for two minutes.

    Starts a private RabbitMQ on this machine, worker processes, the load and the dashboard.
    RabbitMQ has to be installed (the package rabbitmq-server), or Docker has to run.

    Ctrl-C or the end of the load removes everything, and prints the waits and the
    replica-seconds, beside those that KEDA would have had with the same load by simulation.
    """
    if shutil.which("setpriv") is None:
        raise click.ClickException("The program setpriv is missing: install util-linux.")
    try:
        run(seconds=float(seconds), most=most, dashboard_port=dashboard_port(dashboard))
    except (NoBroker, BrokerFailed, CommandFailed) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        sentence = f"The demo cannot run; a port can be chosen with --dashboard: {error}"
        raise click.ClickException(sentence) from error
