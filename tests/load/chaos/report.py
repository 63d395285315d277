"""The tables and the plot of a run."""

from collections.abc import Mapping, Sequence

from mare.drawing.drawing import draw
from mare.drawing.figure import LIGHT, Column, Figure, Mark, Panel, Series, Shape
from tests.load.chaos.slopes import fit
from tests.load.chaos.works import Outcome, Window

_EDGE = 60.0
"""Samples of the first and last minute are of a start and of an end."""
_HEAD = (
    "fault",
    "promise",
    "submitted",
    "late",
    "recovery, s",
    "lost",
    "done twice",
    "busy Pods ended",
)
_PARTS = ("gateway", "jobs", "operator", "rabbitmq-0")
Samples = Mapping[str, Sequence[tuple[float, float]]]


def markdown(outcomes: Sequence[Outcome]) -> str:
    lines = [_HEAD, ("---", "---", *["---:"] * (len(_HEAD) - 2))]
    lines += [
        (
            *(each.name, each.promise),
            *map(str, (each.submitted, each.late, each.recovery_seconds)),
            *map(str, (each.lost, each.twice, each.ended_busy)),
        )
        for each in outcomes
    ]
    return _table(lines)


def slopes(
    samples: Samples, explained: Mapping[str, float]
) -> list[tuple[str, str, str, str, str]]:
    """Return name, mean, slope, error and verdict of each series.

    Args:
        explained: change an hour that comes from the load, by name of the series.
    """
    found = []
    for name, series in sorted(samples.items()):
        inner = [
            each for each in series if series[0][0] + _EDGE <= each[0] <= series[-1][0] - _EDGE
        ]
        slope = fit(inner)
        if slope:
            found.append(
                (
                    *(name, f"{slope.mean:.1f}", f"{slope.per_hour:+.1f}", f"{slope.error:.1f}"),
                    slope.verdict(explained.get(name, 0.0)),
                )
            )
    return found


def slopes_markdown(rows: Sequence[Sequence[str]]) -> str:
    head = ("what", "mean", "change an hour", "± (95 %)", "verdict")
    return _table([head, ("---", "---:", "---:", "---:", "---"), *rows])


def _table(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plot(samples: Samples, windows: Sequence[Window]) -> str:
    """Return memory, connections and messages over time, with a mark at each fault, as SVG."""
    began = min(series[0][0] for series in samples.values() if series)
    end = max(series[-1][0] for series in samples.values() if series) - began
    marks = tuple(Mark(each.began - began, each.name) for each in windows)
    wanted = {
        "Memory, MiB a Pod": tuple(f"memory in MiB of {part}," for part in _PARTS),
        "RabbitMQ": ("channels of", "connections of", "queues of"),
        "Messages": ("messages of",),
        "File descriptors a Pod": tuple(f"file descriptors of {part}," for part in _PARTS),
    }
    panels = []
    for title, beginnings in wanted.items():
        names = [name for name in sorted(samples) if name.startswith(beginnings)]
        series = tuple(
            Series(name, [(at - began, value) for at, value in samples[name]], Shape.LINE, number)
            for number, name in enumerate(names[:4])
        )
        if series:
            panels.append(Panel(title=title, series=series, marks=marks))
    figure = Figure(
        title="A release under faults",
        description="Memory, connections, messages and file descriptors; each mark is a fault.",
        columns=(Column(panels=tuple(panels)),),
        start=0.0,
        end=end,
    )
    return draw(figure, LIGHT, width=960)
