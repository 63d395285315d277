"""`mare record`: writes the recent load of an object to a file for `mare simulate`."""

import asyncio
import math
import re
from pathlib import Path

import click

from mare.cli.recorded_load import Source, source_options
from mare.cluster.object_reader import Unreadable
from mare.documents.tree import InputError
from mare.simulation.reading import parse_scenario
from mare.simulation.recording import file_name

_UNITS = {"s": 1, "m": 60, "h": 3600}
_LEAST, _MOST = 60, 86_400


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
    path = output or Path(file_name(name))
    source = Source(name, namespace, context, dashboard)
    try:
        text = asyncio.run(source.load(last))
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {path}. {_summary(text, path)}")


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
