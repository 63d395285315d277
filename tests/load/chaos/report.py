"""The tables and the plot of a run."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from mare.drawing.drawing import draw
from mare.drawing.figure import LIGHT, Column, Figure, Mark, Panel, Series, Shape
from tests.load.chaos.slopes import fit, goes_on
from tests.load.chaos.works import Outcome, Window

_EDGE = 60.0
"""Samples of the first and last minute are of a start and of an end."""
_WARM = 600.0
"""A process takes memory for its first requests: its life counts from then on."""
_LONG_RUN = 3 * _WARM
"""If no process of a part lives long enough for a slope, it ends before it can leak much."""
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
Samples = Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]
"""By name of the series and life of the process: pairs (second, value)."""


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
    for name, lives in sorted(samples.items()):
        end = max(series[-1][0] for series in lives.values())
        inner = [_inner(life, series, end) for life, series in lives.items()]
        slope = fit(*inner)
        if not slope:
            began = min(series[0][0] for series in lives.values())
            verdict = "short lives" if end - began > _LONG_RUN else "too short"
            found.append((name, "", "", "", verdict))
            continue
        verdict = slope.verdict(explained.get(name, 0.0))
        if verdict == "rises" and not goes_on(*inner):
            verdict = "rises for a time"
        figures = (f"{slope.mean:.1f}", f"{slope.per_hour:+.1f}", f"{slope.error:.1f}")
        found.append((name, *figures, verdict))
    return found


def _inner(
    life: str, series: Sequence[tuple[float, float]], end: float
) -> list[tuple[float, float]]:
    began = series[0][0] + (_WARM if life else _EDGE)
    return [each for each in series if began <= each[0] <= end - _EDGE]


def averaged(lives: Mapping[str, Sequence[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Return the mean of the lives at each time."""
    values: dict[float, list[float]] = {}
    for at, value in (each for series in lives.values() for each in series):
        values.setdefault(at, []).append(value)
    return [(at, fmean(each)) for at, each in sorted(values.items())]


def slopes_markdown(rows: Sequence[Sequence[str]]) -> str:
    head = ("what", "mean", "change an hour", "± (95 %)", "verdict")
    return _table([head, ("---", "---:", "---:", "---:", "---"), *rows])


def _table(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plot(samples: Samples, windows: Sequence[Window]) -> str:
    """Return memory, connections and messages over time, with a mark at each fault, as SVG."""
    drawn = {name: averaged(lives) for name, lives in samples.items()}
    began = min(series[0][0] for series in drawn.values())
    end = max(series[-1][0] for series in drawn.values()) - began
    marks = tuple(Mark(each.began - began, each.name) for each in windows)
    wanted = {
        "Memory, MiB a Pod": tuple(f"memory in MiB of {part}," for part in _PARTS),
        "RabbitMQ": ("channels of", "connections of", "queues of"),
        "Messages": ("messages of",),
        "File descriptors a Pod": tuple(f"file descriptors of {part}," for part in _PARTS),
    }
    panels = []
    for title, beginnings in wanted.items():
        names = [name for name in sorted(drawn) if name.startswith(beginnings)]
        series = tuple(
            Series(name, [(at - began, value) for at, value in drawn[name]], Shape.LINE, number)
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
