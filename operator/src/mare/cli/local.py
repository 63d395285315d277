"""`mare local`: the autoscaler over processes of this machine."""

import asyncio
import os
import shutil
from pathlib import Path

import click

from mare.local_run.mistakes import PlanError
from mare.local_run.plan import read_files
from mare.local_run.run import RunOptions, free_or_zero, run
from mare.local_run.terminal import Terminal, TerminalEvents, log_to_terminal

_DASHBOARD_PORT = 8081
_COPIES_FOR_EACH_CORE = 4


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
    default=lambda: _COPIES_FOR_EACH_CORE * (os.cpu_count() or 1),
    show_default=f"{_COPIES_FOR_EACH_CORE} for each core",
    help="Never more copies of a command, whatever maxReplicas says.",
)
@click.option(
    "--dashboard",
    type=click.IntRange(0, 65535),
    help=f"Port of the dashboard on 127.0.0.1.  [default: {_DASHBOARD_PORT}, or a free one]",
)
@click.option("--no-dashboard", is_flag=True, help="Do not serve the dashboard.")
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
    metrics: int | None,
) -> None:
    """Run the commands of FILEs and scale them by their queues, without a cluster.

    A FILE names commands, and has QueueAutoscalers as they are in a cluster, in documents of their
    own. The broker is $AMQP_URI, its management API $MANAGEMENT_URI. docs/local.md has an example.

    Ctrl-C ends all commands gracefully, twice at once.
    """
    if shutil.which("setpriv") is None:
        raise click.ClickException("There is no program setpriv: install util-linux.")
    try:
        plan = read_files(files, os.environ, most=most)
    except PlanError as error:
        raise click.ClickException(f"This cannot be run:\n{error}") from error
    terminal = Terminal()
    log_to_terminal(terminal)
    for note in plan.notes:
        terminal.show("mare", note)
    options = RunOptions(
        dashboard_port=_port(dashboard, off=no_dashboard),
        metrics_port=metrics,
    )

    def ready(url: str | None) -> None:
        terminal.show("mare", f"all is running{f', see {url}' if url else ''}; Ctrl-C ends it")

    try:
        asyncio.run(run(plan, terminal, TerminalEvents(terminal), options, ready))
    except OSError as error:
        raise click.ClickException(f"A port cannot be served: {error}") from error


def _port(given: int | None, *, off: bool) -> int | None:
    if off:
        return None
    return free_or_zero(_DASHBOARD_PORT) if given is None else given
