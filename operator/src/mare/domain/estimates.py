"""Learns arrival rate, capacity and start-up time from what RabbitMQ tells.

Ready messages and consumers are seen at every tick; counters, unacknowledged messages and prefetch
only when the broker has renewed its statistics, every 5 s.
"""

from dataclasses import dataclass, field, replace

from mare.domain.arrivals import Arrivals, Count
from mare.domain.capacity import Capacity, remembered
from mare.domain.interval import OpenInterval, open_interval
from mare.domain.observation import Load, Workload
from mare.domain.unknown import Unknown, known

_SETTLED_SECONDS = 15.0
_UNKNOWN_START = 15.0
_WEIGHT = 0.3
"""Weight of a new measurement in the moving mean."""

_NOTHING_SEEN = Unknown("NothingLearnt", "nothing is learnt of the workload yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """What is learnt; worth keeping across a restart."""

    arrival_rate: float | Unknown = _NOTHING_SEEN
    """Messages a second that arrive at all the queues."""
    highest_rate: float | Unknown = _NOTHING_SEEN
    """The highest arrival rate of the last and, by the trend, the next half minute."""
    delivery_ratio: float | Unknown = _NOTHING_SEEN
    """Published / delivered messages of the last statistics."""
    capacity_per_replica: float | Unknown = _NOTHING_SEEN
    """Messages a second that one replica finishes when it has enough to do."""
    capacity_error: float = 0.0
    """Its relative standard error."""
    workers_per_replica: float | Unknown = _NOTHING_SEEN
    """Messages that one replica handles at a time."""
    start_seconds: float | None = None
    """From asking for a replica to its first consumer."""
    consumers_per_replica: float | None = None

    def working(self, load: Load, workload: Workload) -> float:
        """Replicas that consume. Ready ones need not do so yet, and those that do not be Ready."""
        if isinstance(load.consumers, Unknown):
            return float(workload.replicas)
        return min(float(workload.replicas), load.consumers / self.consumers_each(load))

    def consumers_each(self, load: Load) -> float:
        """Consumers of a replica; until it is seen, one for each queue that has any."""
        return self.consumers_per_replica or max(1, load.consumed_queues)

    @property
    def service_seconds(self) -> float | Unknown:
        """Seconds that a worker needs for a message."""
        if isinstance(self.capacity_per_replica, Unknown):
            return self.capacity_per_replica
        if isinstance(self.workers_per_replica, Unknown):
            return self.workers_per_replica
        return self.workers_per_replica / self.capacity_per_replica


@dataclass(frozen=True, slots=True)
class ReplicaStarts:
    """Measures start-up time and consumers of a replica, from consumer counts."""

    replicas: int | None = None
    changed_at: float = 0.0
    asked_at: float | None = None
    """When replicas were added; None once the first of them consumes."""
    consumers_when_asked: int = 0
    start_seconds: float | None = None
    """From scale-up to the first new consumer."""
    consumers_per_replica: float | None = None

    def observe(self, replicas: int, consumers: int, now: float) -> "ReplicaStarts":
        """Return the state after one more sample."""
        if self.replicas is None:
            return replace(self, replicas=replicas, changed_at=now)
        if replicas != self.replicas:
            return self._changed(replicas, consumers, now)
        if self.asked_at is not None and consumers > self.consumers_when_asked:
            took = now - self.asked_at
            before = took if self.start_seconds is None else self.start_seconds
            return replace(self, asked_at=None, start_seconds=before + _WEIGHT * (took - before))
        settling = _SETTLED_SECONDS + 2 * (self.start_seconds or _UNKNOWN_START)
        if now - self.changed_at > settling and consumers >= replicas > 0:
            each = consumers / replicas
            if each != self.consumers_per_replica:
                return replace(self, consumers_per_replica=each)
        return self

    def _changed(self, replicas: int, consumers: int, now: float) -> "ReplicaStarts":
        assert self.replicas is not None
        waits = self.asked_at is not None
        grown = replicas > self.replicas
        return replace(
            self,
            replicas=replicas,
            changed_at=now,
            asked_at=(self.asked_at if waits else now) if grown else None,
            consumers_when_asked=self.consumers_when_asked if waits else consumers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """The estimates and the memory behind them."""

    estimates: Estimates = field(default_factory=Estimates)
    arrivals: Arrivals = field(default_factory=Arrivals)
    capacity: Capacity = field(default_factory=Capacity)
    starting: ReplicaStarts = field(default_factory=ReplicaStarts)
    interval: OpenInterval | None = None
    """Since the last statistics."""


def recall(estimates: Estimates) -> Learning:
    """Begin with what a former operator wrote down of the workload.

    Rates are left out: they tell of the queues as they were then.
    """
    estimates = replace(estimates, arrival_rate=_NOTHING_SEEN, highest_rate=_NOTHING_SEEN)
    per_replica, workers = estimates.capacity_per_replica, estimates.workers_per_replica
    capacity = Capacity()
    if not isinstance(per_replica, Unknown) and not isinstance(workers, Unknown):
        capacity = remembered(per_replica, workers)
    starting = ReplicaStarts(start_seconds=estimates.start_seconds)
    return Learning(estimates=estimates, capacity=capacity, starting=starting)


def learn(
    learning: Learning, load: Load, workload: Workload, now: float, workers: int | None = None
) -> Learning:
    """Learn from one more look at the queues; the `workers` of a replica may be known."""
    load = load.of_existing()
    if isinstance(load.ready, Unknown) or isinstance(load.consumers, Unknown):
        return replace(learning, interval=None)
    starting = learning.starting.observe(workload.replicas, load.consumers, now)
    if starting is not learning.starting:
        estimates = replace(
            learning.estimates,
            start_seconds=starting.start_seconds,
            consumers_per_replica=starting.consumers_per_replica,
        )
        learning = replace(learning, starting=starting, estimates=estimates)
    if isinstance(load.statistics_at, Unknown):
        return replace(learning, interval=None)
    working = learning.estimates.working(load, workload)
    slots = workers or known(load.prefetch, 0.0) * learning.estimates.consumers_each(load)
    if slots and slots != learning.estimates.workers_per_replica:
        estimates = replace(learning.estimates, workers_per_replica=float(slots))
        learning = replace(learning, estimates=estimates)
    interval = learning.interval
    if interval is None:
        return replace(learning, interval=open_interval(load, working, None, slots))
    interval = interval.observe(load.ready, working)
    if interval.is_over(load):
        learning = _with_statistics(learning, interval, load, slots, workers, now)
        interval = open_interval(load, working, interval, slots)
    return replace(learning, interval=interval)


def _with_statistics(  # noqa: PLR0917
    learning: Learning,
    interval: OpenInterval,
    load: Load,
    slots: float,
    known_workers: int | None,
    now: float,
) -> Learning:
    """Take in what the newest statistics tell of the time since the ones before."""
    arrivals, capacity, estimates = learning.arrivals, learning.capacity, learning.estimates
    published = interval.increase("published", load)
    delivered = interval.increase("delivered", load)
    end = known(load.statistics_at, now)
    if not isinstance(published, Unknown):
        count = Count(end, end - interval.began, published)
        arrivals = arrivals.seen(count, now, estimates.start_seconds or 0.0)
        estimates = replace(
            estimates,
            arrival_rate=_or(arrivals.rate, estimates.arrival_rate),
            highest_rate=_or(arrivals.highest_rate, estimates.highest_rate),
            delivery_ratio=_ratio(published, delivered),
        )
    evidence = interval.closed(load, slots, known_workers)
    if evidence is not None:
        capacity = capacity.seen(evidence)
        per_replica = capacity.per_replica(slots or None)
        estimates = replace(
            estimates,
            capacity_per_replica=_or(per_replica, estimates.capacity_per_replica),
            capacity_error=capacity.error,
        )
    return replace(learning, estimates=estimates, arrivals=arrivals, capacity=capacity)


def _ratio(published: int, delivered: int | Unknown) -> float | Unknown:
    if isinstance(delivered, Unknown):
        return delivered
    if delivered == 0:
        return Unknown("NothingDelivered", "no message was delivered, the ratio means nothing")
    return published / delivered


def _or(value: float | None, before: float | Unknown) -> float | Unknown:
    return before if value is None else value
