"""`mare local`: scale processes of this machine."""

import asyncio
import os
import shutil
from pathlib import Path

import click

from mare.documents.tree import InputError
from mare.local_run.plan import read_files
from mare.local_run.run import DASHBOARD_PORT, RunOptions, dashboard_port, run
from mare.local_run.terminal import Terminal, TerminalEvents, log_to_terminal

PROCESSES_PER_CORE = 4
dashboard_option = click.option(
    "--dashboard",
    type=click.IntRange(0, 65535),
    help=f"Port of the dashboard on 127.0.0.1.  [default: {DASHBOARD_PORT}, or a free port]",
)


@click.command()
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--max",
    "most",
    type=click.IntRange(1, 1000),
    default=lambda: PROCESSES_PER_CORE * (os.cpu_count() or 1),
    show_default=f"{PROCESSES_PER_CORE} per core",
    help="Upper limit of processes per command; a larger maxReplicas is lowered to it.",
)
@dashboard_option
@click.option("--no-dashboard", is_flag=True, help="Do not serve the dashboard.")
@click.option(
    "--quiet",
    multiple=True,
    metavar="NAME",
    help="Do not show the output of this command. Can be given several times.",
)
@click.option(
    "--metrics",
    type=click.IntRange(1, 65535),
    help="Serve /livez, /readyz and /metrics on this port of 127.0.0.1.",
)
def local(
    *,
    files: tuple[Path, ...],
    most: int,
    dashboard: int | None,
    no_dashboard: bool,
    quiet: tuple[str, ...],
    metrics: int | None,
) -> None:
    """Run the commands of FILEs as processes and scale them by their queues, without a cluster.

    One document of the FILEs defines the commands. The other documents are QueueAutoscalers, as
    they are applied to a cluster. The broker is $AMQP_URI, its management API is $MANAGEMENT_URI.
    docs/local.md has an example.

    Press Ctrl-C to stop all commands gracefully, twice to kill them.
    """
    if shutil.which("setpriv") is None:
        raise click.ClickException("The program setpriv is missing: install util-linux.")
    try:
        plan = read_files(files, os.environ, most=most)
    except InputError as error:
        raise click.ClickException(
            f"Nothing is started, because of these mistakes:\n{error}"
        ) from error
    names = [program.name for program in plan.programs]
    for name in quiet:
        if name not in names:
            sentence = f"is {name}, but the commands are {', '.join(names)}"
            raise click.BadParameter(sentence, param_hint="--quiet")
    terminal = Terminal()
    log_to_terminal(terminal)
    for note in plan.notes:
        terminal.show("mare", note)
    options = RunOptions(
        dashboard_port=None if no_dashboard else dashboard_port(dashboard),
        metrics_port=metrics,
    )

    def on_ready(url: str | None) -> None:
        dashboard_text = f"; the dashboard is at {url}" if url else ""
        terminal.show("mare", f"all commands run{dashboard_text}. Press Ctrl-C to stop them")

    try:
        asyncio.run(run(plan, terminal, TerminalEvents(terminal, quiet), options, on_ready))
    except OSError as error:
        raise click.ClickException(
            f"Choose other ports with --dashboard and --metrics: {error}"
        ) from error
