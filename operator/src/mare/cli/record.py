"""`mare record`: writes the recent load of an object to a file for `mare simulate`."""

import asyncio
import math
import re
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import click

from mare.cli.recorded_load import Source, source_options
from mare.cluster.object_reader import Unreadable
from mare.documents.tree import InputError
from mare.simulation.reading import parse_scenario
from mare.simulation.recording import file_name

_UNITS = {"s": 1, "m": 60, "h": 3600}
_LEAST, _MOST = 60, 86_400
_RATE_SECONDS = 5.0
_LINE_SECONDS = 60.0
"""Time between two lines of progress without a terminal."""


class Duration(click.ParamType[int]):
    name = "duration"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        found = re.fullmatch(r"([0-9]{1,6})([smh])", str(value))
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if not _LEAST <= seconds <= _MOST:
            self.fail("write a duration from 1m to 24h, such as 90s, 30m or 6h", param, ctx)
        return seconds


last_option = click.option(
    "--last", type=Duration(), help="Use the last 90s, 30m or 6h only; default: what is recorded."
)


@click.command
@click.argument("name")
@source_options
@last_option
@click.option(
    "--for",
    "length",
    type=Duration(),
    help="Wait for this time, such as 1h, then write what arrived in it; Ctrl-C ends it sooner.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write; default: NAME.load.yaml. An older one is replaced.",
)
def record(
    name: str,
    *,
    namespace: str | None,
    context: str | None,
    dashboard: str | None,
    last: int | None,
    length: int | None,
    output: Path | None,
) -> None:
    """Write the recent load of the QueueAutoscaler NAME to a file for `mare simulate`.

    The operator keeps what arrived in the last 24 hours while it leads, in its memory: after a
    restart it begins again. The file is a scenario with these messages, the measured workers, and
    the settings of the object beside those of other autoscalers.

    The load comes from the dashboard of the operator, by kubectl port-forward. That needs the
    rights to get queueautoscalers, the Lease and the Pod of the operator, and to create
    pods/portforward. For mare local, or a dashboard that you forward yourself, give --dashboard.
    """
    if last and length:
        raise click.UsageError("Give --last or --for, not both.")
    path = output or Path(file_name(name))
    source = Source(name, namespace, context, dashboard)
    try:
        text = asyncio.run(_recorded(source, last, length))
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {path}. {_summary(text, path)}")


async def _recorded(source: Source, last: int | None, length: int | None) -> str:
    if length is not None:
        last = await wait_for_length(source, length)
    return await source.load(last)


async def wait_for_length(source: Source, length: int) -> int:
    """Show progress until the time is over or Ctrl-C comes; return the seconds.

    The operator records. A dashboard that does not answer meanwhile is tried again.
    """
    stopped, begun = asyncio.Event(), time.monotonic()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    progress = _Progress(length)
    was_open = False
    while not stopped.is_set() and time.monotonic() - begun < length:
        try:
            async with source.open() as page:
                while not stopped.is_set() and (passed := time.monotonic() - begun) < length:
                    progress.show(passed, await page.rate())
                    was_open = True
                    await _pause(stopped, min(_RATE_SECONDS, length - passed))
        except Unreadable as error:
            if not was_open:
                raise
            progress.write(f"{error}. Trying again")
            await _pause(stopped, _RATE_SECONDS)
    progress.end()
    return min(_MOST, max(_LEAST, round(time.monotonic() - begun)))


async def _pause(stopped: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopped.wait()


class _Progress:
    """One line on stderr that is replaced, or without a terminal one line a minute."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._is_terminal = sys.stderr.isatty()
        self._next_at = 0.0

    def show(self, passed: float, rate: float | None) -> None:
        arriving = "the rate is not known yet" if rate is None else f"{rate:.3g} messages/s arrive"
        text = f"{passed:.0f} of {self._length} s, {arriving}. Ctrl-C ends the recording."
        if self._is_terminal:
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)
        elif passed >= self._next_at:
            self._next_at = passed + _LINE_SECONDS
            self.write(text)

    def write(self, text: str) -> None:
        click.echo(f"\r\x1b[K{text}" if self._is_terminal else text, err=True)

    def end(self) -> None:
        if self._is_terminal:
            click.echo(err=True)


def _summary(text: str, path: Path) -> str:
    """Return what the file has, and what to do with it."""
    try:
        scenario = parse_scenario(text, path, most_messages=math.inf)
    except InputError as error:
        return f"It is not complete yet:\n{error}"
    messages = int(scenario.load.expected(scenario.seconds))
    texts = [scenario.description, f"{messages:,} messages arrived."]
    if messages:
        texts.append(f"Next: mare advise {path}, or mare simulate {path} --plot load.svg")
    else:
        texts.append("Without messages there is nothing to compare: record while some arrive.")
    return " ".join(texts)
