"""`mare advise`: what other values of waitSeconds would have cost on the own load."""

import asyncio
import json
import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from multiprocessing import resource_tracker
from multiprocessing.pool import Pool
from pathlib import Path

import click

from mare.cli.plot_file import plot_encoder, plot_option
from mare.cli.record import last_option
from mare.cli.recorded_load import Source, source_options
from mare.cluster.object_reader import Unreadable
from mare.documents.tree import InputError
from mare.simulation.advice import NoOwnSettings, Setting, choose, simulate_settings, with_waits
from mare.simulation.advice_plot import advice_svg
from mare.simulation.advice_text import advice_data, advice_text
from mare.simulation.folding import MOST_MESSAGES, MOST_SECONDS, fold
from mare.simulation.reading import packaged, parse_scenario, read_scenario
from mare.simulation.recording import file_name, has_service_time
from mare.simulation.scenario import Scenario

_TOO_MANY = 10 * MOST_MESSAGES
"""Messages of a simulation: a minute and 400 MB for each setting."""


@click.command
@click.argument("load", metavar="NAME|FILE")
@source_options
@last_option
@click.option(
    "--within",
    type=click.FloatRange(0.01, 86_400),
    help="Wait in seconds that the cheapest setting has to keep; default: what is accepted now.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Simulate the whole load, and not its busiest 6 hours: a day takes minutes.",
)
@plot_option("Plot the wait against the replica-hours to a .png or .svg file.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON instead.")
@click.option("--seed", type=click.IntRange(min=0), help="Use this seed; another one is a check.")
def advise(
    load: str,
    *,
    namespace: str | None,
    context: str | None,
    dashboard: str | None,
    last: int | None,
    within: float | None,
    whole: bool,
    plot: Path | None,
    as_json: bool,
    seed: int | None,
) -> None:
    """Print what each waitSeconds would have cost, and three that are worth considering.

    NAME is a QueueAutoscaler, whose last load comes from its operator as by mare record. FILE is
    what mare record wrote, or any scenario; the first autoscaler of kind mare is what it has now.

    Each waitSeconds is simulated on the same messages, with all other settings as they are: of a
    recorded day, on its busiest 6 hours. A load with very many messages is made smaller. The output
    says what was simulated.
    """
    if within is not None and math.isnan(within):  # no range of click excludes it
        raise click.BadParameter("has to be a number of seconds", param_hint="--within")
    encode = plot_encoder(plot) if plot is not None else None
    source = Source(load, namespace, context, dashboard)
    try:
        scenario = with_waits(_scenario(source, last, seed))
    except InputError as error:
        raise click.ClickException(f"The load is not complete:\n{error}") from error
    except NoOwnSettings as error:
        raise click.ClickException(str(error)) from error
    folded = fold(scenario, most_seconds=math.inf if whole else MOST_SECONDS)
    messages = folded.scenario.load.expected(folded.scenario.seconds)
    if messages > _TOO_MANY:
        raise click.ClickException(
            f"The load has {messages:.3g} messages in a time that cannot be made shorter; the limit"
            f" is {_TOO_MANY:,}. A counter of the broker may have jumped: remove that row."
        )
    if not messages:
        raise click.ClickException(
            "The load has no messages, so that all settings are the same. Record while some arrive."
        )
    advice = choose(simulate_settings(folded, _run_all), within)
    if as_json:
        click.echo(json.dumps(advice_data(scenario, folded, advice), ensure_ascii=False))
    else:
        click.echo(advice_text(scenario, folded, advice))
    if plot is not None and encode is not None:
        plot.write_bytes(encode(advice_svg(scenario, advice)))


def _scenario(source: Source, last: int | None, seed: int | None) -> Scenario:
    """Read a file, a scenario of the package, or the load of an object."""
    path, is_remote = Path(source.name), source.namespace or source.context or source.dashboard
    if not is_remote and (path.is_file() or source.name in packaged()):
        if last is not None:
            raise click.UsageError("--last is for a NAME; a file is used as it is.")
        return read_scenario(path if path.is_file() else packaged()[source.name], seed, math.inf)
    if not is_remote and path.suffix in {".yaml", ".yml"}:
        raise click.UsageError(f"There is no file {path}.")
    try:
        text = asyncio.run(source.load(last))
    except Unreadable as error:
        near = get_close_matches(source.name, packaged(), 1)
        hint = f". Did you mean the scenario {near[0]}?" if near and not is_remote else ""
        raise click.ClickException(f"{error}{hint}") from error
    file = file_name(source.name)
    if not has_service_time(text):
        raise click.ClickException(
            f"The service time of {source.name} is not measured yet: that takes 10 acknowledged"
            " messages and 50 s of work. Try again later, or give mare record the same options."
            f" Run mare record {source.name}, add serviceSeconds to {file}, and run mare advise"
            f" {file}."
        )
    return parse_scenario(text, Path(file), seed, math.inf)


def _run_all(run: Callable[[int], Setting], count: int) -> Iterable[Setting]:
    """Run in as many processes as there are cores; show progress on stderr."""
    begun = time.monotonic()
    for done, setting in enumerate(_results(run, count), 1):
        yield setting
        left = (time.monotonic() - begun) / done * (count - done)
        line = f"{done} of {count} settings simulated, about {left:.0f} s left"
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{line if done < count else ''}", nl=False, err=True)
        elif done < count:
            click.echo(line, err=True)


def _results(run: Callable[[int], Setting], count: int) -> Iterator[Setting]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not cores or cores == 1 or sys.platform == "win32":
        yield from map(run, range(count))
        return
    with _pool(min(cores, count)) as pool:
        yield from pool.imap_unordered(run, range(count), chunksize=1)


def _pool(size: int) -> Pool:
    """Return processes that Ctrl-C never reaches, as it reaches all of a terminal.

    The parent ends them by SIGTERM. They have its mask from their start on, when they cannot ignore
    a signal themselves yet; the tracker of resources, which resets the mask, starts before them.
    """
    processes = multiprocessing.get_context("spawn")
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return processes.Pool(size)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
