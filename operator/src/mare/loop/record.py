"""What was seen and decided lately, in memory, for whoever shows it."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.custom_resource.conditions import Condition
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.unknown import Unknown
from mare.loop.decision_log import DecisionLog
from mare.loop.time_series import SPANS, Sample, TimeSeries
from mare.ports import BrokerReading, Scale

_MAX_FAILURES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One object at one moment."""

    at: float
    autoscaler: Autoscaler
    scale: Scale | Unknown
    reading: BrokerReading
    decision: Decision | None
    estimates: Estimates
    depth: int | None
    wait_seconds: float | None
    rates: tuple[float, float] | None
    """Messages published and acknowledged each second, by the last two statistics."""
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not work."""

    at: float
    key: Key
    reason: str
    text: str


@dataclass(slots=True)
class AutoscalerHistory:
    """The newest view of one object, and the last day of it."""

    view: View
    series: tuple[TimeSeries, ...] = field(
        default_factory=lambda: tuple(TimeSeries(span) for span in SPANS)
    )
    decisions: DecisionLog = field(default_factory=DecisionLog)
    changed_at: float | None = None
    """When the count was last seen to have changed, by whomever."""
    short_since: float | None = None
    """Since when fewer replicas are ready than asked for."""

    def add(self, view: View) -> None:
        before, self.view = self.view.scale, view
        if (
            isinstance(before, Scale)
            and isinstance(view.scale, Scale)
            and before.replicas != view.scale.replicas
        ):
            self.changed_at = view.at
        numbers = _numbers(view)
        short = numbers.ready is not None and numbers.ready < (numbers.current or 0)
        if not short:
            self.short_since = None
        elif self.short_since is None or self.changed_at == view.at:
            self.short_since = view.at
        for ring in self.series:
            ring.add(view.at, numbers)
        if view.decision is not None:
            self.decisions.add(view.at, view.decision)


def _numbers(view: View) -> Sample:
    scale = view.scale if isinstance(view.scale, Scale) else None
    return Sample(
        math.nan if view.depth is None else view.depth,
        math.nan if view.wait_seconds is None else view.wait_seconds,
        None if scale is None or isinstance(scale.ready, Unknown) else scale.ready,
        None if scale is None else scale.replicas,
        view.decision.replicas if view.decision else None,
    )


class Record:
    """All objects. Reading it never waits."""

    def __init__(self) -> None:
        self._histories: dict[Key, AutoscalerHistory] = {}
        self.failures: deque[Failure] = deque(maxlen=_MAX_FAILURES)

    @property
    def histories(self) -> Mapping[Key, AutoscalerHistory]:
        return self._histories

    def add(self, view: View) -> None:
        key = view.autoscaler.key
        past = self._histories.get(key)
        why = view.reading.queues
        if isinstance(why, Unknown) and (past is None or past.view.reading.queues != why):
            self.failed(view.at, key, why.reason, why.cause)
        if past is None:
            past = self._histories[key] = AutoscalerHistory(view)
        past.add(view)

    def failed(self, at: float, key: Key, reason: str, text: str) -> None:
        """Note what did not work; the text has no secret."""
        self.failures.append(Failure(at, key, reason, text))

    def remove(self, key: Key) -> None:
        self._histories.pop(key, None)
