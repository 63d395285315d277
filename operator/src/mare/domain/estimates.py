"""The estimates of a workload that targets use: rates, capacity, workers and start-up time."""

from dataclasses import dataclass, field

from mare.domain.growth import ReadyGrowth
from mare.domain.observation import NEW_QUEUES, STATISTICS_SECONDS, Load, Workload
from mare.domain.replica_starts import UNKNOWN_START
from mare.domain.unknown import Unknown, known

NO_ESTIMATE = Unknown("NotMeasured", "the workload has not been measured yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """The estimates of one workload. The status stores them for the next operator process."""

    arrival_rate: float | Unknown = NO_ESTIMATE
    """Messages/s that arrive at all queues together."""
    highest_rate: float | Unknown = NO_ESTIMATE
    """The highest recent or forecast arrival rate."""
    rate_before_jump: float | None = None
    """The arrival rate without the last statistics, if they alone support `arrival_rate`."""
    fell_at: float | None = None
    """When a steady arrival rate last fell by more than noise."""
    arrival_deviation: float = 0.0
    """The standard deviation of `arrival_rate`, in messages/s."""
    dispersion: float = 1.0
    """The variance of the arrivals over that of a Poisson process of the same rate."""
    delivery_ratio: float | Unknown = NO_ESTIMATE
    """Published / delivered messages between the last two statistics updates."""
    ratio_is_used: bool = False
    """Whether the replicas changed since the messages of `delivery_ratio` were counted."""
    capacity_per_replica: float | Unknown = NO_ESTIMATE
    """Messages/s of one replica that is always busy."""
    capacity_bound: float | None = None
    """What a falling backlog shows of it while it is unknown. It may only add replicas: messages
    that leave a queue without work make it too high. It is not stored."""
    capacity_error: float = 0.0
    """The relative standard error of `capacity_per_replica`."""
    workers_per_replica: float | Unknown = NO_ESTIMATE
    """Messages that one replica handles at a time."""
    prefetch_exceeds_workers: bool = False
    """Whether a replica was seen to work on fewer messages than its prefetch count allows."""
    finished: int = 0
    """Messages acknowledged since the operator began to observe, while the capacity is unknown."""
    worked_seconds: float = 0.0
    """The sum over all replicas of the time in which they consumed, as long."""
    counted_seconds: float = 0.0
    """The part of it up to the statistics that `finished` is from, which can be 10 s old."""
    ready_growth: ReadyGrowth = field(default_factory=ReadyGrowth)
    may_grow: bool = True
    """Whether the replicas that were added last have started, as far as consumers show."""
    start_seconds: float | None = None
    """Time from a scale-up to the first consumer of a new replica."""
    consumers_per_replica: float | None = None

    def consuming_replicas(self, load: Load, workload: Workload) -> float:
        """Return the replicas that consume. A ready Pod may not consume yet, and the reverse."""
        if isinstance(load.consumers, Unknown):
            return float(workload.replicas)
        return min(
            float(workload.replicas), load.consumers / self.assumed_consumers_per_replica(load)
        )

    def assumed_consumers_per_replica(self, load: Load) -> float:
        """Return the consumers of a replica; until measured, one for each consumed queue."""
        return self.consumers_per_replica or max(1, load.consumed_queues)

    @property
    def has_new_queues(self) -> bool:
        """Whether the arrival rate is unknown because queues are too new to count it."""
        rate = self.arrival_rate
        return isinstance(rate, Unknown) and rate.reason == NEW_QUEUES

    @property
    def confirmed_rate(self) -> float:
        """The arrival rate, without what one sample alone shows; 0 while it is unknown."""
        rate, before = known(self.arrival_rate, 0.0), self.rate_before_jump
        return rate if before is None else min(rate, before)

    def supported_rate(self, ready: int, rate_in_progress: float = 0.0) -> float:
        """Return the arrival rate; what one sample alone shows only as far as messages support it.

        `rate_in_progress` is the rate at which replicas began the messages in progress.
        """
        rate, before = known(self.arrival_rate, 0.0), self.rate_before_jump
        if before is None:
            return rate
        growing = self.ready_growth.recent_rate
        growing = ready / STATISTICS_SECONDS if growing is None else growing
        return min(rate, max(before, rate_in_progress) + growing)

    @property
    def assumed_start_seconds(self) -> float:
        """The start-up time; until one is measured, 15 s."""
        return UNKNOWN_START if self.start_seconds is None else self.start_seconds

    @property
    def service_seconds(self) -> float | Unknown:
        """The service time: seconds that a worker needs for a message."""
        if isinstance(self.capacity_per_replica, Unknown):
            return self.capacity_per_replica
        if isinstance(self.workers_per_replica, Unknown):
            return self.workers_per_replica
        return self.workers_per_replica / self.capacity_per_replica
