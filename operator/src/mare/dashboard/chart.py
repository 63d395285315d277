"""The past of one object as two charts on one time axis, with the samples that they show."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

from mare.dashboard.serialize import Json, rounded, serialize_sentence
from mare.dashboard.summary import facts_of
from mare.domain.clause import number
from mare.domain.forecast_floor import next_load
from mare.domain.observation import load_of
from mare.domain.surges import HOLD_SECONDS
from mare.drawing.drawing import draw, layout, panel_height_for
from mare.drawing.figure import Column, Figure, Level, Mark, Panel, Series, Shape, Theme
from mare.explanation.facts import Facts
from mare.loop.decision_log import DecisionLogEntry
from mare.loop.record import AutoscalerHistory, View
from mare.loop.time_series import SPANS, Sample, Span

_THEME = Theme(
    background="var(--chart-background)",
    ink="var(--chart-ink)",
    faint="var(--chart-faint)",
    series=("var(--chart-1)", "var(--chart-2)", "var(--chart-3)", "var(--chart-4)"),
    level="var(--chart-level)",
    band="var(--chart-band)",
)
"""CSS variables of the page, so that a change of theme needs no new drawing."""
_DEPTH, _WAIT, _REPLICAS, _FORECAST = 0, 1, 2, 3
_MOST_AHEAD = 0.2
"""Share of the range that the axis may go on after now, for a load that is due."""
Samples = Sequence[tuple[float, Sample]]
LANGUAGES = ("en", "pt")


def _chart_texts(language: str) -> Mapping[str, str]:
    texts = json.loads((files("mare.dashboard") / "page" / f"{language}.json").read_text("utf-8"))
    return {
        key.removeprefix("chart."): text for key, text in texts.items() if key.startswith("chart.")
    }


_TEXTS = {language: _chart_texts(language) for language in LANGUAGES}
_DECIMAL_SEPARATORS = {"en": ".", "pt": ","}


@dataclass(frozen=True, slots=True)
class Frame:
    span: Span
    width: int
    height: int
    language: str
    zone: ZoneInfo

    def text(self, key: str, **values: object) -> str:
        return _TEXTS[self.language][key].format(**values)

    def number(self, value: float | None) -> str:
        if value is None:
            return "?"
        return number(round(value, 1)).replace(".", self.decimal_separator)

    @property
    def decimal_separator(self) -> str:
        return _DECIMAL_SEPARATORS[self.language]


def chart(history: AutoscalerHistory, frame: Frame, now: float) -> Json:
    series = history.series[SPANS.index(frame.span)]
    end = max(now, history.view.at)
    start = _start(series.since, end, frame.span.seconds)
    samples = [each for each in series.samples(end) if each[0] >= start]
    facts = facts_of(history)
    changes = [
        entry
        for entry in history.decisions.newest_first()
        if entry.decision.changes and start <= entry.at <= end
    ]
    wait_target = facts.wait_target
    if not any(math.isfinite(each.wait_seconds) for _, each in samples):
        wait_target = None  # no wait is known yet, so the depth is drawn
    measure = "depth" if wait_target is None else "wait"
    forecast = _forecast(history.view, end, frame)
    axis_end = forecast.points[-1][0] if forecast else end
    figure = Figure(
        title=frame.text("title", name=facts.key.name, measure=frame.text(measure)),
        description=_description(samples, frame, start, end, measure),
        columns=(Column(panels=_panels(facts, wait_target, samples, changes, forecast, frame)),),
        start=start,
        end=axis_end,
        zone=frame.zone,
        decimal_separator=frame.decimal_separator,
    )
    panel_height = panel_height_for(frame.height, 2)
    placed = layout(figure, width=frame.width, panel_height=panel_height)
    return {
        "range": frame.span.name,
        "start": start,
        "end": axis_end,
        "step": frame.span.step,
        "svg": draw(figure, _THEME, width=frame.width, panel_height=panel_height),
        "axis": {
            "left": placed.times[0].start,
            "right": placed.times[0].end,
            "width": frame.width,
            "height": placed.height,
            "panels": [
                {"key": key, "top": axis.end, "bottom": axis.start, "high": axis.high}
                for key, axis in zip((measure, "replicas"), placed.values, strict=True)
            ],
        },
        "samples": _serialize_samples(samples),
        "marks": [
            {"at": entry.at, "sentence": serialize_sentence(entry.decision)} for entry in changes
        ],
    }


def _start(since: float | None, end: float, seconds: float) -> float:
    """Begin the axis with a history shorter than the range, but show a tenth of the range."""
    if since is None:
        return end - seconds
    return max(end - seconds, min(since, end - seconds / 10))


def _forecast(view: View, now: float, frame: Frame) -> Series | None:
    """Return the replicas of the load that is due next, if that is soon."""
    if view.history is None:
        return None
    found = next_load(view.autoscaler.spec, load_of(view.reading.queues), view.history, now)
    if found is None or found[0].due - now > _MOST_AHEAD * frame.span.seconds:
        return None
    coming, replicas = found
    times = (coming.due, coming.due + HOLD_SECONDS)
    name = frame.text("forecast", time=_clock(coming.due, frame))
    return Series(name, [(at, replicas) for at in times], Shape.STEPS, _FORECAST)


def _clock(at: float, frame: Frame) -> str:
    return datetime.fromtimestamp(at, frame.zone).strftime("%H:%M")


def _panels(  # noqa: PLR0917
    facts: Facts,
    wait_target: float | None,
    samples: Samples,
    changes: Iterable[DecisionLogEntry],
    forecast: Series | None,
    frame: Frame,
) -> tuple[Panel, Panel]:
    spec = facts.spec
    marks = tuple(Mark(entry.at, entry.decision.message) for entry in changes)
    if wait_target is not None:
        title, colour = frame.text("wait"), _WAIT
        points = [(at, _finite_or_none(each.wait_seconds)) for at, each in samples]
        target = frame.text("target", seconds=frame.number(wait_target))
        measure_levels: tuple[Level, ...] = (Level(wait_target, target),)
    else:
        title, colour, measure_levels = frame.text("depth"), _DEPTH, ()
        points = [(at, _finite_or_none(each.depth)) for at, each in samples]
    measure = Panel(
        title=title,
        series=(Series(title, points, Shape.LINE, colour),),
        levels=measure_levels,
        marks=marks,
    )
    levels = [Level(spec.max_replicas, frame.text("max", count=spec.max_replicas))]
    if spec.min_replicas > 0:
        levels.append(Level(spec.min_replicas, frame.text("min", count=spec.min_replicas)))
    running = [(at, each.ready) for at, each in samples]
    desired = [(at, each.desired) for at, each in samples]
    replicas = Panel(
        title=frame.text("replicas"),
        series=(
            Series(frame.text("running"), running, Shape.AREA, _REPLICAS),
            Series(frame.text("desired"), desired, Shape.STEPS, _REPLICAS),
            *([forecast] if forecast else []),
        ),
        levels=tuple(levels),
        marks=marks,
        band=(spec.min_replicas, spec.max_replicas),
    )
    return measure, replicas


def _description(samples: Samples, frame: Frame, start: float, end: float, measure: str) -> str:
    """Return a text of the same content, for screen readers."""
    is_wait = measure == "wait"
    values = [_finite_or_none(s.wait_seconds if is_wait else s.depth) for _, s in samples]
    counts = [each.ready for _, each in samples]
    return frame.text(
        "description",
        start=_clock(start, frame),
        end=_clock(end, frame),
        zone=frame.zone.key,
        measure=frame.text(measure),
        value=frame.number(values[-1] if values else None),
        highest=frame.number(max((v for v in values if v is not None), default=None)),
        running=frame.number(counts[-1] if counts else None),
        fewest=frame.number(min((c for c in counts if c is not None), default=None)),
        most=frame.number(max((c for c in counts if c is not None), default=None)),
    )


def _serialize_samples(samples: Samples) -> Json:
    return {
        "at": [at for at, _ in samples],
        "depth": [int(d) if math.isfinite(d := each.depth) else None for _, each in samples],
        "wait": [rounded(each.wait_seconds) for _, each in samples],
        "running": [each.ready for _, each in samples],
        "desired": [each.desired for _, each in samples],
    }


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
