"""Simulates the controller of the HorizontalPodAutoscaler of Kubernetes 1.37.

The controller runs every 15 s. `behavior` is evaluated by the same code as Maré's. An absent
behavior is not the default behavior but the older rule: a sync at most doubles the replicas (or
adds up to 4), and scales down only to the highest recommendation of the last 5 minutes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from mare.domain import behavior as behaviors
from mare.domain.behavior import Recommendation, is_within_tolerance
from mare.domain.scale_events import ScaleEvent, store_event
from mare.domain.spec import HPA_BEHAVIOR, Behavior
from mare.simulation.simulation import Simulation

SYNC_SECONDS = 15.0
_LEGACY_WINDOW = 300.0


class MetricUnavailable(Exception):
    """Raised by a metric that cannot be read. It prevents scaling down."""


@dataclass(frozen=True, slots=True)
class AverageValue:
    """An external metric, divided by the replicas."""

    total: Callable[[], float]
    each: float


@dataclass(frozen=True, slots=True)
class Utilization:
    """The mean CPU utilization of the ready pods, with a target."""

    use: Callable[[], tuple[float, int, int]]
    """Mean utilization of the pods with a metric, their number, and the number without one."""
    target: float


Metric = AverageValue | Utilization


@dataclass(slots=True)
class HorizontalPodAutoscaler:
    simulation: Simulation
    metrics: tuple[Metric, ...]
    min_replicas: int
    max_replicas: int
    behavior: Behavior | None = None
    _recommendations: tuple[Recommendation, ...] = ()
    _events: tuple[ScaleEvent, ...] = ()

    def start(self) -> None:
        first = self.simulation.random.random() * SYNC_SECONDS
        self.simulation.every(SYNC_SECONDS, self.sync, first)

    def sync(self) -> None:
        now, current = self.simulation.now, self.simulation.wanted
        if current == 0:
            return  # an HPA is disabled at 0 replicas
        if not self._recommendations:
            self._recommendations = (Recommendation(now, current),)
        if current > self.max_replicas or current < self.min_replicas:
            after = min(max(current, self.min_replicas), self.max_replicas)
            self._scale(after, "bounds")
            return
        desired = self._desired(current)
        if desired is None:
            return
        if self.behavior is None:
            after = self._legacy(current, desired, now)
        else:
            limited = behaviors.apply_behavior(
                self.behavior,
                min_replicas=self.min_replicas,
                max_replicas=self.max_replicas,
                current=current,
                desired=desired,
                recommendations=self._recommendations,
                events=self._events,
                now=now,
            )
            self._recommendations = limited.recommendations
            after = limited.replicas
        self._scale(after, f"desired {desired}")

    def _scale(self, after: int, message: str) -> None:
        before = self.simulation.wanted
        if after != before:
            if self.behavior is not None:
                event = ScaleEvent(self.simulation.now, after - before)
                self._events = store_event(self.behavior, self._events, event)
            self.simulation.scale(after, "SuccessfulRescale", message)

    def _legacy(self, current: int, desired: int, now: float) -> int:
        recent = [r for r in self._recommendations if r.time >= now - _LEGACY_WINDOW]
        stabilized = max([desired, *(r.replicas for r in recent)])
        self._recommendations = (*recent, Recommendation(now, desired))
        ceiling = min(self.max_replicas, max(2 * current, 4))
        return min(max(stabilized, self.min_replicas), ceiling)

    def _desired(self, current: int) -> int | None:
        proposals: list[int] = []
        is_partial = False
        for metric in self.metrics:
            try:
                proposals.append(self._proposal(metric, current))
            except MetricUnavailable:
                is_partial = True
        if not proposals:
            return None
        largest = max(proposals)
        return None if is_partial and largest < current else largest

    def _proposal(self, metric: Metric, current: int) -> int:
        behavior = self.behavior or HPA_BEHAVIOR
        if isinstance(metric, AverageValue):
            total = metric.total()
            if is_within_tolerance(behavior, total / (metric.each * current)):
                return current
            return math.ceil(total / metric.each)
        use, measured, missing = metric.use()
        if not measured:
            raise MetricUnavailable
        ratio = use / metric.target
        if is_within_tolerance(behavior, ratio):
            return current
        if missing:
            # Pods without a metric count as 0 % when scaling up, as 100 % when scaling down.
            assumed = 0.0 if ratio > 1 else 1.0
            use = (use * measured + assumed * missing) / (measured + missing)
            adjusted = use / metric.target
            if is_within_tolerance(behavior, adjusted) or (adjusted > 1) != (ratio > 1):
                return current
            ratio = adjusted
        count = math.ceil(ratio * (measured + missing))
        return max(count, current) if ratio > 1 else min(count, current)
