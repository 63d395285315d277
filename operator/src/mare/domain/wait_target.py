"""The target QueueWaitTime: keeps the wait of 95 % of the messages below `waitSeconds`.

Estimates have errors, and arrivals vary. So the count stays between two thresholds: it grows if the
current replicas are too few even with a favorable estimate, and shrinks if fewer replicas are
enough even with an unfavorable one.
"""

import math
from dataclasses import replace

from mare.domain.arrivals import RECENT_SECONDS
from mare.domain.clause import Clause, hundredths, significant
from mare.domain.context import Proposal
from mare.domain.estimates import Estimates
from mare.domain.learning_proposal import proposal_while_learning
from mare.domain.observation import STATISTICS_SECONDS, Load, Workload
from mare.domain.queueing_model import Demand, Need, need_for_backlog, need_of
from mare.domain.replica_starts import UNKNOWN_START
from mare.domain.spec import QueueWaitTime
from mare.domain.supported_rate import rate_of, rate_of_ready
from mare.domain.unknown import Unknown, known

_SCALE_UP_DEVIATIONS, _SCALE_DOWN_DEVIATIONS = 1.0, 0.5
"""Standard deviations of the arrival rate by which it has to be too high for the current count, or
too low. For a scale-down the highest rate of the last 15 s counts, which is above the mean already.
With 1.0 for both, loads of a few messages a minute cost 3 % more."""
_SCALE_UP_IDLE = 0.85
"""Scale up once the current replicas have less than this share of their intended idle time: the
estimate of the capacity swings by some percent, and a steady load is to keep its count."""
_SCALE_UP_DRAIN = 1.5
"""Scale up for a backlog only if the current replicas need this multiple of the drain time."""
_ALL_BUSY = 100
"""Percent of the time, beyond which replicas can be enough only if an estimate is wrong."""
_DRAIN_PER_START = 1 / 3
"""Lower bound of the drain time, as a share of the start-up time. A backlog has waited for the
start-up anyway, and many replicas that start late for a short moment reduce its wait little."""


def proposal_by_wait(
    target: QueueWaitTime,
    load: Load,
    estimates: Estimates,
    workload: Workload,
) -> Proposal | Unknown:
    """Return the proposal of QueueWaitTime. Without statistics it does not allow scaling down."""
    if isinstance(load.ready, Unknown):
        return load.ready
    per_replica = target.workers_per_replica or estimates.workers_per_replica
    capacity = target.capacity_per_replica or estimates.capacity_per_replica
    if isinstance(capacity, Unknown):
        most = _most_while_learning(target, load, estimates, workload)
        proposal = proposal_while_learning(load, per_replica, estimates, workload, most)
        if isinstance(load.statistics_at, Unknown):
            return replace(proposal, allows_scale_down=False, unknown=load.statistics_at)
        if estimates.capacity_bound is None:
            return proposal
        demand, _ = _demand(target, load, estimates, workload, estimates.capacity_bound)
        needed = need_of(demand)
        if estimates.has_new_queues:
            demand, needed = _for_ready(demand, workload)
        return _raised(proposal, demand, needed, estimates)
    demand, remark = _demand(target, load, estimates, workload, capacity)
    error = 0.0 if target.capacity_per_replica else estimates.capacity_error
    needed = need_of(demand)
    rate_unknown = isinstance(estimates.arrival_rate, Unknown) and not estimates.has_new_queues
    if rate_unknown or isinstance(load.statistics_at, Unknown):
        text = _clause(demand, needed, estimates)
        return Proposal(needed.replicas, needed.replicas, text, allows_scale_down=False)
    current = workload.replicas
    if needed.replicas < current:
        proposal = _fewer(demand, needed, estimates, error, current)
    elif needed.replicas > current > 0 and estimates.has_new_queues:
        proposal = _more_for_ready(demand, needed, estimates, workload)
    elif needed.replicas > current > 0 and not _are_too_few(
        current, at_best := _at_best(demand, estimates, error)
    ):
        proposal = _kept(current, demand, needed, at_best, estimates)
    else:
        proposal = Proposal(needed.replicas, needed.replicas, _clause(demand, needed, estimates))
    return replace(proposal, remark=remark)


def _most_while_learning(
    target: QueueWaitTime, load: Load, estimates: Estimates, workload: Workload
) -> int | None:
    """Return the replicas that are enough, by what each has acknowledged so far; None if unknown.

    Where replicas start late, those of a step for which a worker is slower than expected cost that
    time, and two updates of the statistics are short beside it. Example: 77 messages are ready, 10
    arrive each second, and a replica of one worker starts in 60 s. A step for one in 4 messages
    has 20. After 10 s the replica has acknowledged 40: (10 + 77 / 20) / 4 is 3.5, so that 4 start.
    """
    if estimates.assumed_start_seconds <= UNKNOWN_START:
        return None
    consuming = estimates.consuming_replicas(load, workload)
    # Until they show an acknowledgement, statistics may be of before the first one.
    updates = 2 if estimates.finished else 3
    if consuming and estimates.worked_seconds < updates * STATISTICS_SECONDS * consuming:
        return workload.replicas
    is_unknown = isinstance(estimates.arrival_rate, Unknown) or not estimates.counted_seconds
    if is_unknown or not estimates.finished:
        return None
    capacity = estimates.finished / estimates.counted_seconds
    return need_of(_demand(target, load, estimates, workload, capacity)[0]).replicas


def _demand(
    target: QueueWaitTime, load: Load, estimates: Estimates, workload: Workload, capacity: float
) -> tuple[Demand, Clause | None]:
    """Return the demand at a capacity of each replica, and a remark on its arrival rate."""
    per_replica = target.workers_per_replica or estimates.workers_per_replica
    rate, remark = rate_of(load, estimates, workload, capacity, known(per_replica, None))
    demand = Demand(
        arrival_rate=rate,
        ready=known(load.ready, 0) + _prefetched(load, estimates, workload),
        capacity_per_replica=significant(capacity),
        workers_per_replica=significant(known(per_replica, 1.0)),
        wait_seconds=target.wait_seconds,
        backlog_seconds=significant(_drain_seconds(target, estimates)),
        reaction_seconds=significant(STATISTICS_SECONDS + estimates.assumed_start_seconds),
        dispersion=significant(estimates.dispersion),
    )
    return demand, remark


def _raised(proposal: Proposal, demand: Demand, needed: Need, estimates: Estimates) -> Proposal:
    """Return a proposal of before the capacity is known, raised to what a bound of it needs."""
    if needed.replicas <= proposal.replicas:
        return proposal
    count = needed.replicas
    return Proposal(count, count, _clause(demand, needed, estimates), allows_scale_down=False)


def _drain_seconds(target: QueueWaitTime, estimates: Estimates) -> float:
    """Return the time in which the replicas have to empty the queues.

    Example: at waitSeconds 2 it is 2 s where a replica starts in 3 s, and 10 s where it starts in
    30 s.
    """
    return max(target.wait_seconds, (estimates.start_seconds or 0.0) * _DRAIN_PER_START)


def _at_best(demand: Demand, estimates: Estimates, error: float) -> Demand:
    """Return the demand if each estimate is as favorable as its error allows."""
    noise = _SCALE_UP_DEVIATIONS * estimates.arrival_deviation
    return replace(
        demand,
        arrival_rate=max(0.0, demand.arrival_rate - noise),
        capacity_per_replica=demand.capacity_per_replica * (1 + error),
        backlog_seconds=demand.backlog_seconds * _SCALE_UP_DRAIN,
    )


def _are_too_few(current: int, at_best: Demand) -> bool:
    """Return whether the current replicas are too few even by a favorable estimate.

    Example: 0.45 messages/s that take 20 s each need 16 replicas, and 14 run. The rate was counted
    from 54 messages and has a deviation of 0.06. As 14 are enough for 0.39 messages/s, they stay;
    ready messages would show that they are too few.
    """
    return need_of(at_best, _SCALE_UP_IDLE).replicas > current


def _for_ready(demand: Demand, workload: Workload) -> tuple[Demand, Need]:
    """Return the demand of ready messages beside those in progress, and what it needs."""
    rate = rate_of_ready(demand.arrival_rate, workload, demand.capacity_per_replica)
    demand = replace(demand, arrival_rate=rate)
    return demand, need_for_backlog(demand)


def _more_for_ready(
    demand: Demand, needed: Need, estimates: Estimates, workload: Workload
) -> Proposal:
    """Propose more replicas if ready messages need them; else keep the current ones."""
    by_ready, most = _for_ready(demand, workload)
    if most.replicas <= workload.replicas:
        return _kept(workload.replicas, demand, needed, demand, estimates)
    return Proposal(most.replicas, most.replicas, _clause(by_ready, most, estimates))


def _fewer(
    demand: Demand, needed: Need, estimates: Estimates, error: float, current: int
) -> Proposal:
    """Propose fewer replicas if they are enough for the highest rate at a lower capacity.

    Example: 0.45 messages/s that take 20 s each need 16 replicas, and 17 run. If the rate has a
    deviation of 0.1, half of it is added, and 0.5 messages/s need 17.
    """
    highest_rate = significant(max(demand.arrival_rate, known(estimates.highest_rate, 0.0)))
    noise = _SCALE_DOWN_DEVIATIONS * estimates.arrival_deviation
    at_worst = replace(
        demand,
        arrival_rate=significant(highest_rate + noise),
        capacity_per_replica=significant(demand.capacity_per_replica * (1 - error)),
    )
    most = need_of(at_worst)
    formula = _clause(at_worst, most, estimates)
    if most.replicas < current:
        return Proposal(most.replicas, most.replicas, formula)
    kept = Clause("tolerance.reserve", replicas=needed.replicas)
    if highest_rate > demand.arrival_rate:
        kept = Clause(
            "tolerance.highestRate", replicas=needed.replicas, recentSeconds=RECENT_SECONDS
        )
    own = _clause(demand, needed, estimates)
    return Proposal(needed.replicas, current, own, kept, tolerance_formula=formula)


def _kept(
    current: int, demand: Demand, needed: Need, at_best: Demand, estimates: Estimates
) -> Proposal:
    busy, best = (hundredths(_busy(each, current)) for each in (demand, at_best))
    kept = Clause("tolerance.busy", replicas=current, busyPercent=busy)
    if busy > _ALL_BUSY:
        kept = Clause("tolerance.best", replicas=current, busyPercent=busy, bestPercent=best)
    return Proposal(needed.replicas, current, _clause(demand, needed, estimates), kept)


def _busy(demand: Demand, replicas: int) -> float:
    return demand.arrival_rate / (replicas * demand.capacity_per_replica)


def _prefetched(load: Load, estimates: Estimates, workload: Workload) -> int:
    """Return the messages that wait in replicas which were seen to be saturated.

    It is 0 unless the workers were seen to be fewer than the prefetch count: where they are given,
    the messages beyond them may be held for later. It is 0 without consumers too: a client of
    basic.get takes one message at a time and prefetches none.
    """
    workers_each = known(estimates.workers_per_replica, 0.0)
    if not estimates.prefetch_exceeds_workers or isinstance(load.unacknowledged, Unknown):
        return 0
    consuming = estimates.consuming_replicas(load, workload)
    if consuming == 0:
        return 0
    return max(0, load.unacknowledged - math.ceil(consuming * workers_each))


def _clause(demand: Demand, needed: Need, estimates: Estimates) -> Clause:
    """Return the formula with all of its numbers; the kind `.partly` has no arrival rate."""
    cause = needed.cause if needed.replicas else "nothing"
    is_rate_unknown = isinstance(estimates.arrival_rate, Unknown) and demand.arrival_rate == 0
    kind = ".partly" if is_rate_unknown else ""
    return Clause(
        f"wait.{cause}{kind}",
        ready=demand.ready,
        arrivalRate=demand.arrival_rate,
        capacity=demand.capacity_per_replica,
        workers=demand.workers_per_replica,
        waitSeconds=demand.wait_seconds,
        backlogSeconds=demand.backlog_seconds,
        busyPercent=hundredths(needed.busy_share),
        replicas=needed.replicas,
    )
