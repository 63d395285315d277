"""Learns arrival rate, capacity and start-up time from readings of the queues.

Ready messages and consumers are read four times a second. Counters, unacknowledged messages and
prefetch change only when the broker updates its statistics, every 5 s.
"""

from dataclasses import dataclass, field, replace

from mare.domain.absent_queues import AbsentQueues
from mare.domain.acknowledgement_batches import AcknowledgementBatches
from mare.domain.arrivals import RECENT_SECONDS, Arrivals, Count
from mare.domain.capacity import Capacity, remembered
from mare.domain.estimates import NO_ESTIMATE, Estimates
from mare.domain.falling_backlog import FallingBacklog
from mare.domain.growth import DepthGrowth
from mare.domain.interval import COUNTER_RESET, OpenInterval, open_interval
from mare.domain.observation import NEW_QUEUES, NO_CONSUMERS, Load, Workload
from mare.domain.replica_starts import ReplicaStarts
from mare.domain.starting_backlog import StartingBacklog
from mare.domain.stays import Stays
from mare.domain.unknown import Unknown, known
from mare.domain.work_in_progress import most_in_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    estimates: Estimates = field(default_factory=Estimates)
    arrivals: Arrivals = field(default_factory=Arrivals)
    capacity: Capacity = field(default_factory=Capacity)
    starting: ReplicaStarts = field(default_factory=ReplicaStarts)
    backlog: StartingBacklog = field(default_factory=StartingBacklog)
    absent: AbsentQueues = field(default_factory=AbsentQueues)
    interval: OpenInterval | None = None
    """The interval since the last statistics update."""
    depth_growth: DepthGrowth = field(default_factory=DepthGrowth)
    batches: AcknowledgementBatches = field(default_factory=AcknowledgementBatches)
    fall: FallingBacklog = field(default_factory=FallingBacklog)
    stays: Stays = field(default_factory=Stays)


def recall(estimates: Estimates, backlog: StartingBacklog | None = None) -> Learning:
    """Begin with stored estimates, without arrival rates, which can have changed.

    A `backlog` that goes on was counted with the stored rate.
    """
    if backlog is None:
        backlog = StartingBacklog()
    else:
        backlog = replace(backlog, rate=known(estimates.arrival_rate, 0.0))
    estimates = replace(estimates, arrival_rate=NO_ESTIMATE, highest_rate=NO_ESTIMATE)
    per_replica, workers = estimates.capacity_per_replica, estimates.workers_per_replica
    capacity = Capacity()
    if not isinstance(per_replica, Unknown) and not isinstance(workers, Unknown):
        capacity = remembered(per_replica, workers)
    starting = ReplicaStarts(start_seconds=estimates.start_seconds)
    return Learning(estimates=estimates, capacity=capacity, starting=starting, backlog=backlog)


def learn(
    learning: Learning,
    load: Load,
    workload: Workload,
    now: float,
    configured_workers: int | None = None,
) -> Learning:
    """Update the estimates with one reading. `configured_workers` are those of a replica.

    While some queues are unknown, the others show whether replicas start and keep up. Start-up
    time, arrival rate and capacity are measured only with all queues.
    """
    readings, whole = load, load.without_missing_queues()
    starting = learning.starting.observe(workload, whole.consumers, now)
    has_changed = learning.starting.scaled_to not in {None, workload.replicas}
    estimates = replace(
        learning.estimates,
        start_seconds=starting.start_seconds,
        consumers_per_replica=starting.consumers_per_replica,
        ratio_is_used=learning.estimates.ratio_is_used or has_changed,
    )
    learning = replace(learning, estimates=estimates, starting=starting)
    load = learning.absent.with_assumed_consumers(whole)
    if isinstance(load.ready, Unknown) or isinstance(load.consumers, Unknown):
        return replace(learning, interval=None)
    absent = learning.absent.observe(readings, is_whole=load is whole)
    consuming = estimates.consuming_replicas(load, workload)
    backlog = learning.backlog.observe(
        load,
        now,
        replicas=workload.replicas,
        consuming=consuming,
        arrival_rate=known(estimates.arrival_rate, None),
        start_seconds=starting.start_seconds,
        is_learning=isinstance(estimates.capacity_per_replica, Unknown),
        absent=absent,
    )
    last_read = estimates.ready_growth.at
    growth = estimates.ready_growth.observe(workload.replicas, load.consumers, load.ready, now)
    may_grow = not backlog.is_starting and starting.has_passed(now)
    estimates = replace(estimates, ready_growth=growth, may_grow=may_grow)
    if isinstance(estimates.capacity_per_replica, Unknown):
        worked = estimates.worked_seconds + consuming * (now - (last_read or now))
        estimates = replace(estimates, worked_seconds=worked)
    learning = replace(learning, estimates=estimates, backlog=backlog, absent=absent)
    if load is not whole:
        return replace(learning, interval=None)
    fall = learning.fall
    if learning.capacity.is_unknown:
        fall = fall.observe(
            load.ready,
            load.consumers,
            now,
            consuming=consuming,
            prefetch=_prefetch(load, fall.prefetch),
            arrival_rate=estimates.confirmed_rate,
        )
        estimates = replace(estimates, capacity_bound=fall.capacity)
    learning = replace(learning, estimates=estimates, fall=fall)
    if isinstance(load.statistics_at, Unknown):
        return replace(learning, interval=None)
    prefetch = known(load.prefetch, 0.0) * estimates.assumed_consumers_per_replica(load)
    assumed_workers = configured_workers or prefetch
    has_new = assumed_workers and assumed_workers != estimates.workers_per_replica
    if has_new and not estimates.prefetch_exceeds_workers:
        estimates = replace(estimates, workers_per_replica=float(assumed_workers))
    last = learning.interval
    if last is None:
        interval = open_interval(load, consuming, None, assumed_workers)
    else:
        interval = last.observe(load.ready, consuming)
    learning = replace(learning, estimates=estimates, interval=interval)
    if last is None or not interval.is_over(load):
        return learning
    most = most_in_progress(workload, configured_workers) if configured_workers else None
    learning = _with_statistics(learning, interval, load, assumed_workers, most, now)
    return replace(learning, interval=open_interval(load, consuming, interval, assumed_workers))


def _with_statistics(  # noqa: PLR0917
    learning: Learning,
    interval: OpenInterval,
    load: Load,
    assumed_workers: float,
    most_in_progress: float | None,
    now: float,
) -> Learning:
    arrivals, capacity, estimates = learning.arrivals, learning.capacity, learning.estimates
    grown, end = interval.increases(load), known(load.statistics_at, now)
    published, delivered, acknowledged = grown.published, grown.delivered, grown.acknowledged
    if isinstance(estimates.capacity_per_replica, Unknown):
        estimates = replace(
            estimates,
            finished=estimates.finished + known(acknowledged, 0),
            counted_seconds=estimates.counted_seconds
            + interval.most_consuming * (end - interval.began),
        )
    batches = learning.batches.observe(acknowledged, delivered)
    batch = batches.size_within(assumed_workers)
    if isinstance(published, Unknown):
        estimates, arrivals = _without_count(estimates, arrivals, published, (interval.began, end))
    else:
        count = Count(end, end - interval.began, published)
        arrivals = arrivals.observe(count, now, estimates.start_seconds or 0.0)
        estimates = replace(
            _with_arrivals(estimates, arrivals),
            delivery_ratio=_ratio(published, delivered),
            ratio_is_used=estimates.ratio_is_used
            and interval.began < learning.starting.changed_at + (estimates.start_seconds or 0.0),
        )
    stays = learning.stays.observe(interval, load, grown)
    growth = interval.growth(
        load, grown, learning.depth_growth, assumed_workers, capacity.most_service_seconds
    )
    growth = replace(growth, batch=batch)
    service = capacity.service_seconds or 0.0
    evidence = interval.closed(load, grown, assumed_workers, most_in_progress, service)
    if evidence is not None and batch > 1 and not evidence.saturated:
        evidence = None
    if arrivals.rate_before_jump is not None:
        # The counter of acknowledgements may have jumped as well.
        evidence, growth = None, DepthGrowth()
    # With a prefetch count of 1 each consumer works on one message, and none waits for another.
    one_each = known(load.prefetch, 0.0) == 1
    if evidence is not None:
        evidence = replace(
            evidence,
            stay=stays.mean,
            is_growing=growth.is_likely and not one_each,
            is_growing_long=growth.is_long,
        )
    if growth.is_saturation:
        evidence = growth.saturation(interval.most_consuming)
        growth = DepthGrowth(depth=(growth.depth or 0) + growth.grown)
    if evidence is not None:
        capacity = capacity.observe(evidence)
        fewest = assumed_workers if one_each else 1.0
        is_configured = most_in_progress is not None
        estimates = _with_capacity(
            estimates, capacity, assumed_workers or None, fewest, is_configured=is_configured
        )
    return replace(
        learning,
        estimates=estimates,
        arrivals=arrivals,
        capacity=capacity,
        depth_growth=growth,
        batches=batches,
        stays=stays,
    )


def _without_count(
    estimates: Estimates, arrivals: Arrivals, why: Unknown, times: tuple[float, float]
) -> tuple[Estimates, Arrivals]:
    """Return what is known after an interval whose arrivals are unknown.

    A measured rate holds while a queue is created beside others: for two intervals or 15 s.
    """
    began, end = times
    if why.reason == COUNTER_RESET and arrivals.rate_before_jump is not None:
        arrivals = arrivals.without_jump()
        return replace(_with_arrivals(estimates, arrivals), delivery_ratio=why), arrivals
    if why.reason != NEW_QUEUES:
        return estimates, arrivals
    oldest = end - max(RECENT_SECONDS, 2 * (end - began))
    if not arrivals.counts or arrivals.counts[-1].end <= oldest:
        arrivals = Arrivals()
        estimates = replace(estimates, arrival_rate=why, highest_rate=why)
    return replace(_with_arrivals(estimates, arrivals), delivery_ratio=why), arrivals


def _with_arrivals(estimates: Estimates, arrivals: Arrivals) -> Estimates:
    # One count after new queues may be of the one that is in two statistics, beside many others.
    is_single = len(arrivals.counts) == 1 and not arrivals.before_jump
    rate, highest = arrivals.rate, arrivals.highest_rate
    if is_single and estimates.has_new_queues:
        rate = highest = None
    return replace(
        estimates,
        arrival_rate=_or(rate, estimates.arrival_rate),
        highest_rate=_or(highest, estimates.highest_rate),
        rate_before_jump=arrivals.rate_before_jump,
        fell_at=arrivals.fell_at,
        arrival_deviation=arrivals.deviation_of_rate,
        dispersion=arrivals.dispersion,
    )


def _prefetch(load: Load, last: float) -> float | None:
    """Return the prefetch count of a consumer; the last one while the consumers are newer than it.

    It is 1 for the first consumers.
    """
    is_new = isinstance(load.prefetch, Unknown) and load.prefetch.reason == NO_CONSUMERS
    return last or 1.0 if is_new else known(load.prefetch, None)


def _with_capacity(
    estimates: Estimates,
    capacity: Capacity,
    assumed_workers: float | None,
    fewest: float,
    *,
    is_configured: bool,
) -> Estimates:
    per_replica = capacity.per_replica(assumed_workers, fewest)
    workers = None if is_configured else capacity.workers(assumed_workers, fewest)
    return replace(
        estimates,
        capacity_per_replica=_or(per_replica, estimates.capacity_per_replica),
        capacity_error=capacity.error,
        workers_per_replica=_or(workers or assumed_workers, estimates.workers_per_replica),
        prefetch_exceeds_workers=workers is not None,
    )


def _ratio(published: int, delivered: int | Unknown) -> float | Unknown:
    if isinstance(delivered, Unknown):
        return delivered
    if delivered == 0:
        return Unknown("NothingDelivered", "no message was delivered, so that there is no ratio")
    return published / delivered


def _or(value: float | None, before: float | Unknown) -> float | Unknown:
    return before if value is None else value
