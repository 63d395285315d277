"""The past of one object as two charts on one time axis, and the numbers in them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from mare.dashboard.facts import facts_of
from mare.dashboard.serialize import Json, rounded, sentence
from mare.dashboard.words import Words
from mare.domain.sentences import number
from mare.drawing.drawing import draw, layout, panel_height_for
from mare.drawing.figure import Band, Column, Figure, Level, Mark, Panel, Series, Shape
from mare.drawing.theme import Theme
from mare.explanation.facts import Facts
from mare.loop.decision_log import DecisionLogEntry
from mare.loop.record import AutoscalerHistory
from mare.loop.time_series import SPANS, Sample, Span

_THEME = Theme(
    background="var(--chart-background)",
    ink="var(--chart-ink)",
    faint="var(--chart-faint)",
    series=("var(--chart-1)", "var(--chart-2)", "var(--chart-3)", "var(--chart-4)"),
    level="var(--chart-level)",
    band="var(--chart-band)",
)
"""The page's own colours, so that a change of theme needs no new drawing."""
_DEPTH, _WAIT, _REPLICAS = 0, 1, 2
Samples = Sequence[tuple[float, Sample]]


@dataclass(frozen=True, slots=True)
class Frame:
    """How a chart is wanted."""

    span: Span
    width: int
    height: int
    language: str
    words: Words
    zone: ZoneInfo


def chart(past: AutoscalerHistory, frame: Frame, now: float) -> Json:
    ring = past.series[SPANS.index(frame.span)]
    end = max(now, past.view.at)
    start = end - frame.span.seconds
    samples = [each for each in ring.samples(end) if each[0] >= start]
    facts = facts_of(past)
    changes = [
        line
        for line in past.decisions.newest_first()
        if line.current != line.replicas and start <= line.at <= end
    ]
    target = facts.wait_target
    if not any(math.isfinite(each.wait_seconds) for _, each in samples):
        target = None  # nothing is learnt yet, so the depth says more
    shows_wait = target is not None
    figure = Figure(
        title=frame.words.title.format(name=facts.key.name, measure=_measure(frame, shows_wait)),
        description=_description(samples, frame, start, end, shows_wait=shows_wait),
        columns=(Column(panels=_panels(facts, target, samples, changes, frame)),),
        start=start,
        end=end,
        zone=frame.zone,
    )
    panel_height = panel_height_for(frame.height, 2)
    placed = layout(figure, width=frame.width, panel_height=panel_height)
    return {
        "range": frame.span.name,
        "start": start,
        "end": end,
        "since": ring.since,
        "step": frame.span.step,
        "zone": frame.zone.key,
        "svg": draw(figure, _THEME, width=frame.width, panel_height=panel_height),
        "axis": {
            "left": placed.times[0].start,
            "right": placed.times[0].end,
            "width": frame.width,
            "height": placed.height,
            "panels": [
                {"key": key, "top": axis.end, "bottom": axis.start, "high": axis.high}
                for key, axis in zip(
                    ("wait" if shows_wait else "depth", "replicas"), placed.values, strict=True
                )
            ],
        },
        "samples": _told(samples),
        "marks": [_mark(line) for line in changes],
    }


def _panels(
    facts: Facts,
    wait_target: float | None,
    samples: Samples,
    changes: Iterable[DecisionLogEntry],
    frame: Frame,
) -> tuple[Panel, Panel]:
    words, policy = frame.words, facts.policy
    marks = tuple(Mark(line.at, line.message) for line in changes)
    if wait_target is not None:
        points = [(at, _or_none(each.wait_seconds)) for at, each in samples]
        level = Level(wait_target, words.target.format(number(wait_target)))
        measure = Panel(
            title=words.wait,
            series=(Series(words.wait, points, Shape.LINE, _WAIT),),
            levels=(level,),
            marks=marks,
        )
    else:
        points = [(at, _or_none(each.depth)) for at, each in samples]
        measure = Panel(
            title=words.depth,
            series=(Series(words.depth, points, Shape.LINE, _DEPTH),),
            marks=marks,
        )
    levels = [Level(policy.max_replicas, words.max.format(policy.max_replicas))]
    if policy.min_replicas > 0:
        levels.append(Level(policy.min_replicas, words.min.format(policy.min_replicas)))
    running = [(at, _count(each.ready)) for at, each in samples]
    wanted = [(at, _count(each.desired)) for at, each in samples]
    replicas = Panel(
        title=words.replicas,
        series=(
            Series(words.running, running, Shape.AREA, _REPLICAS),
            Series(words.wanted, wanted, Shape.STEPS, _REPLICAS),
        ),
        levels=tuple(levels),
        marks=marks,
        band=Band(policy.min_replicas, policy.max_replicas),
    )
    return measure, replicas


def _measure(frame: Frame, shows_wait: bool) -> str:  # noqa: FBT001
    return frame.words.wait if shows_wait else frame.words.depth


def _description(
    samples: Samples, frame: Frame, start: float, end: float, *, shows_wait: bool
) -> str:
    """What somebody who does not see the picture has to know."""
    values = [_or_none(each.wait_seconds if shows_wait else each.depth) for _, each in samples]
    counts = [each.ready for _, each in samples]
    return frame.words.description.format(
        start=datetime.fromtimestamp(start, frame.zone).strftime("%H:%M"),
        end=datetime.fromtimestamp(end, frame.zone).strftime("%H:%M"),
        zone=frame.zone.key,
        measure=_measure(frame, shows_wait),
        value=_shown(values[-1] if values else None),
        highest=_shown(max((v for v in values if v is not None), default=None)),
        running=_shown(counts[-1] if counts else None),
        fewest=_shown(min((c for c in counts if c is not None), default=None)),
        most=_shown(max((c for c in counts if c is not None), default=None)),
    )


def _shown(value: float | None) -> str:
    return "?" if value is None else number(round(value, 1))


def _told(samples: Samples) -> Json:
    return {
        "at": [at for at, _ in samples],
        "depth": [_whole(each.depth) for _, each in samples],
        "wait": [rounded(each.wait_seconds) for _, each in samples],
        "running": [each.ready for _, each in samples],
        "asked": [each.current for _, each in samples],
        "wanted": [each.desired for _, each in samples],
    }


def _mark(line: DecisionLogEntry) -> Json:
    return {
        "at": line.at,
        "from": line.current,
        "to": line.replicas,
        "reason": str(line.reason),
        "sentence": sentence(line.current, line.replicas, line.message, line.clauses),
    }


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _whole(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None


def _count(value: int | None) -> float | None:
    return None if value is None else float(value)
