"""What was read and decided lately, in memory, for the dashboard and the metrics."""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.custom_resource.condition import Condition
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.job_failures import JobFailures
from mare.domain.unknown import Unknown
from mare.loop.decision_log import DecisionLog
from mare.loop.load_record import LoadRecord
from mare.loop.time_series import SPANS, Sample, TimeSeries
from mare.ports import BrokerReading, Scale
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import RECORDED_OBJECTS, TenantScheduler

_MAX_FAILURES = 256
_REST_SECONDS = 1.0
"""How long a decision holds: as long as with 1,000 objects, and in the simulation."""
_IDLE_SECONDS = 2.0
"""How long one on an idle workload does: a schedule or a forecast raises it later by this, and by a
period of reads; a chart shows a gap after 5 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What was read of one object at one moment, and what was decided."""

    at: float
    autoscaler: Autoscaler
    scale: Scale | Unknown
    reading: BrokerReading
    """The reading by which it was decided: values that are too old are unknown."""
    statistics_at: float | None
    """When the oldest statistics of a queue were taken, however old they are."""
    decision: Decision | None
    estimates: Estimates
    history: History | None
    """What the decision learnt; None before the first one."""
    depth: int | None
    wait_seconds: float | None
    rates: tuple[float, float] | None
    """Messages published and acknowledged per second, between the last two statistics."""
    conditions: tuple[Condition, ...]
    unready: int | None = None
    """Replicas that have not been ready for minutes; None if that is not known."""
    job_failures: JobFailures | None = None
    """The ended Jobs of an object that creates Jobs."""

    @property
    def surge_at(self) -> float | None:
        """When the last surge of arrivals began; None without one."""
        surges = self.history.tides.surges.past if self.history else ()
        return surges[-1].at if surges else None

    @property
    def read_failure(self) -> Unknown | None:
        """Why the queues could not be read, or not lately."""
        if isinstance(self.reading.queues, Unknown):
            return self.reading.queues
        ready = (each.ready for each in self.reading.queues)
        return next((r for r in ready if isinstance(r, Unknown) and r.reason == "Stale"), None)

    def holds(self, raw: BrokerReading, scale: Scale, now: float, *, is_idle: bool) -> bool:
        """Return whether a new reading is not worth another decision yet.

        Queues that are as empty as they were give the same decision until a limit ends. With 100
        idle objects, of 400 readings a second 50 are decided; 100 if the objects wait for the end
        of a cooldown.
        """
        decision = self.decision
        rest = _IDLE_SECONDS if is_idle else _REST_SECONDS
        return (
            decision is not None
            and not (decision.changes or decision.asks_queues)
            and now < min(self.at + rest, decision.until or math.inf)
            and scale == self.scale
            and (seen := _seen(raw)) is not None
            and seen == _seen(self.reading)
        )

    def has_risen(self, before: "View | None") -> bool:
        """Return whether a reading raised the count, so that the next one must not wait its turn.

        Messages may still be published. Example: 200 messages for 10 replicas are published within
        0.1 s, and a reading after 0.05 s finds 100. The next reading finds all 200, in 0.05 s
        instead of 0.25 s. A backlog that raises the count no further is read at its turn.
        """
        if before is None or before.decision is None or self.decision is None:
            return False
        return self.decision.replicas > max(before.decision.replicas, self.decision.current)


def _seen(reading: BrokerReading) -> tuple[object, ...] | None:
    """Return what a reading says apart from its time; None unless all queues are empty."""
    if isinstance(reading.queues, Unknown) or any(each.ready != 0 for each in reading.queues):
        return None
    queues = [(each.key, each.consumers, each.statistics_at) for each in reading.queues]
    return queues, reading.busy, reading.busy_at, reading.alarm, reading.lost, reading.transient


@dataclass(slots=True)
class AutoscalerHistory:
    """The newest view of one object, and its last 24 hours if it is recorded."""

    view: View
    is_recorded: bool = False
    series: tuple[TimeSeries, ...] = field(
        default_factory=lambda: tuple(TimeSeries(span) for span in SPANS)
    )
    load: LoadRecord = field(default_factory=LoadRecord)
    decisions: DecisionLog = field(default_factory=DecisionLog)
    changed_at: float | None = None
    """When the number of replicas changed last, by any client."""
    short_since: float | None = None
    """Since when fewer replicas are ready than the workload's spec has."""

    def add(self, view: View) -> None:
        before, self.view = self.view.scale, view
        if (
            isinstance(before, Scale)
            and isinstance(view.scale, Scale)
            and before.replicas != view.scale.replicas
        ):
            self.changed_at = view.at
        sample = _sample(view)
        short = sample.ready is not None and sample.ready < (sample.current or 0)
        if not short:
            self.short_since = None
        elif self.short_since is None or self.changed_at == view.at:
            self.short_since = view.at
        if not self.is_recorded:
            return
        for series in self.series:
            series.add(view.at, sample)
        if view.history is not None:
            self.load.observe(view.history.learning.arrivals.counts)
        if view.decision is not None:
            self.decisions.add(view.at, view.decision)


def _sample(view: View) -> Sample:
    scale = view.scale if isinstance(view.scale, Scale) else None
    return Sample(
        math.nan if view.depth is None else view.depth,
        math.nan if view.wait_seconds is None else view.wait_seconds,
        None if scale is None or isinstance(scale.ready, Unknown) else scale.ready,
        None if scale is None else scale.replicas,
        view.decision.desired if view.decision else None,
    )


class ReadableRecord(Protocol):
    """What the dashboard shows."""

    @property
    def histories(self) -> Mapping[Key, AutoscalerHistory]: ...

    @property
    def failures(self) -> Iterable[float]: ...


class Record:
    def __init__(self, scheduler: TenantScheduler | None = None) -> None:
        self._scheduler = scheduler or TenantScheduler()
        self._histories: dict[Key, AutoscalerHistory] = {}
        self.failures: deque[float] = deque(maxlen=_MAX_FAILURES)
        """When a read, a decision or a write failed; in an outage only the first read counts."""

    @property
    def histories(self) -> Mapping[Key, AutoscalerHistory]:
        return self._histories

    def add(self, view: View) -> None:
        key = view.autoscaler.key
        history = self._histories.get(key)
        failure = view.read_failure
        if failure is not None:
            before = None if history is None else history.view.read_failure
            if before is None or before.reason != failure.reason:
                self.failures.append(view.at)
        if history is None:
            history = self._histories[key] = AutoscalerHistory(view)
        if not history.is_recorded:
            with suppress(OverBudget):  # until objects of the namespace are deleted
                self._scheduler.hold(RECORDED_OBJECTS, key.namespace, 1)
                history.is_recorded = True
        history.add(view)

    def clear(self) -> None:
        """Forget all objects: another replica records them."""
        for key in list(self._histories):
            self.remove(key)

    def remove(self, key: Key) -> None:
        history = self._histories.pop(key, None)
        if history is not None and history.is_recorded:
            namespace, _ = key
            self._scheduler.hold(RECORDED_OBJECTS, namespace, -1)
