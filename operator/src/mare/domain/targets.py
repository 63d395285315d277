"""The proposal of each target, with its formula as a clause."""

from dataclasses import dataclass, replace

from mare.domain.behavior import is_within_tolerance
from mare.domain.clause import Clause, hundredths, significant
from mare.domain.context import Proposal
from mare.domain.count import count_of
from mare.domain.estimates import Estimates
from mare.domain.observation import Load, Workload
from mare.domain.spec import (
    Behavior,
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    MessageRate,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    Target,
)
from mare.domain.supported_rate import rate_of
from mare.domain.unknown import Unknown, known, total
from mare.domain.wait_target import proposal_by_wait
from mare.domain.work_in_progress import in_progress


def proposal_of(
    target: Target, load: Load, estimates: Estimates, workload: Workload, behavior: Behavior
) -> Proposal | Unknown:
    """Return the proposal of a target; unknown if an input of its formula is unknown.

    If only some queues are unknown, the proposal is that of the known queues. It then does not
    allow scaling down.
    """
    entries = target.queues if isinstance(target, QueueLength | MaximumConcurrency) else ()
    unknown = total((load.ready, load.of_entries(entries)[0]))
    if not isinstance(unknown, Unknown):
        return _proposal(target, load, estimates, workload, behavior)
    part = load.of_known_queues()
    if isinstance(part.ready, Unknown):
        return part.ready
    if isinstance(target, QueueLength | MaximumConcurrency):
        found = tuple(entry for entry in entries if any(entry in r.entries for r in part.readings))
        target = replace(target, queues=found or entries)
    proposal = _proposal(target, part, estimates, workload, behavior)
    if isinstance(proposal, Unknown):
        return unknown
    return replace(proposal, allows_scale_down=False, unknown=unknown)


@dataclass(frozen=True, slots=True)
class _Formula:
    """A load, and the part of it that one replica takes."""

    load: float
    per_replica: float
    clause: Clause
    allows_scale_down: bool = True
    """False if an unknown input could raise the load."""
    remark: Clause | None = None
    """An estimate that is not trusted yet."""


def _proposal(
    target: Target, load: Load, estimates: Estimates, workload: Workload, behavior: Behavior
) -> Proposal | Unknown:
    match target:
        case QueueWaitTime():
            return proposal_by_wait(target, load, estimates, workload)
        case PublishedToDeliveredRatio():
            return _by_ratio(target, load, estimates, workload, behavior)
        case QueueLength():
            formula = _by_length(target, load, workload)
        case MessageRate():
            formula = _by_rate(target, load, estimates, workload)
        case ExpectedQueueConsumptionTime():
            formula = _by_consumption(target, load, estimates, workload)
        case MaximumConcurrency():
            formula = _by_concurrency(target, load, estimates, workload)
    if isinstance(formula, Unknown):
        return formula
    return _with_tolerance(formula, workload.replicas, behavior)


def _with_tolerance(formula: _Formula, current: int, behavior: Behavior) -> Proposal:
    """Propose load / per_replica replicas; the current ones within the tolerance, 10 % by default.

    Example: 52 messages at 10 per replica need 6 replicas. They are 104 % for 5, so that 5 stay.
    """
    raw = count_of(formula.load / formula.per_replica)
    replicas, kept = raw, None
    if current > 0 and raw != current:
        share = formula.load / (formula.per_replica * current)
        if is_within_tolerance(behavior, share):
            replicas = current
            kept = Clause("tolerance.share", percent=hundredths(share), replicas=current)
    return Proposal(
        raw,
        replicas,
        formula.clause,
        kept,
        remark=formula.remark,
        allows_scale_down=formula.allows_scale_down,
    )


def _by_length(target: QueueLength, load: Load, workload: Workload) -> _Formula | Unknown:
    """Count ready and unacknowledged messages: 95 and 12 at 20 per replica need 6 replicas.

    With 4 workers per replica, of which 2 run and none is idle, 8 of the 12 are in progress: 103.
    """
    ready, unacknowledged = load.of_entries(target.queues)
    if isinstance(ready, Unknown):
        return ready
    each = target.messages_per_replica
    if target.exclude_unacknowledged or isinstance(unacknowledged, Unknown):
        allows_scale_down = target.exclude_unacknowledged
        code = "length.ready" if allows_scale_down else "length.partly"
        clause = Clause(code, ready=ready, each=each, replicas=count_of(ready / each))
        return _Formula(ready, each, clause, allows_scale_down)
    if target.workers_per_replica is not None:
        unacknowledged = min(
            unacknowledged, in_progress(load, workload, target.workers_per_replica)
        )
    count = ready + unacknowledged
    clause = Clause("length", messages=count, each=each, replicas=count_of(count / each))
    return _Formula(count, each, clause)


def _by_rate(
    target: MessageRate, load: Load, estimates: Estimates, workload: Workload
) -> _Formula | Unknown:
    """Use the last arrival rate. Without statistics it is old and cannot scale down.

    Example: 13 messages/s at 2 messages/s per replica need 7 replicas.
    """
    if isinstance(estimates.arrival_rate, Unknown):
        return estimates.arrival_rate
    rate, remark = rate_of(load, estimates, workload)
    each = target.messages_per_second_per_replica
    clause = Clause("rate", arrivalRate=rate, each=each, replicas=count_of(rate / each))
    return _Formula(rate, each, clause, not isinstance(load.statistics_at, Unknown), remark)


def _by_consumption(
    target: ExpectedQueueConsumptionTime, load: Load, estimates: Estimates, workload: Workload
) -> _Formula | Unknown:
    """Consume arrivals and ready messages within a time.

    Example: 13 messages/s arrive and 91 are ready. Consuming both in 10 s at 7.71 messages/s per
    replica needs (13 + 91 / 10) / 7.71 = 2.9, which is 3 replicas.
    """
    capacity = target.capacity_per_replica or estimates.capacity_per_replica
    if isinstance(load.ready, Unknown):
        return load.ready
    if isinstance(capacity, Unknown):
        return capacity
    capacity, seconds = significant(capacity), target.consumption_seconds
    rate, remark = rate_of(load, estimates, workload, capacity)
    required = rate + load.ready / seconds
    rate_unknown = isinstance(estimates.arrival_rate, Unknown)
    clause = Clause(
        "consumption.partly" if rate_unknown and rate == 0 else "consumption",
        arrivalRate=rate,
        ready=load.ready,
        capacity=capacity,
        seconds=seconds,
        replicas=count_of(required / capacity),
    )
    is_rate_missing = rate_unknown and not estimates.has_new_queues
    allows_scale_down = not is_rate_missing and not isinstance(load.statistics_at, Unknown)
    return _Formula(required, capacity, clause, allows_scale_down, remark)


def _by_concurrency(
    target: MaximumConcurrency, load: Load, estimates: Estimates, workload: Workload
) -> _Formula | Unknown:
    """Give each message a worker, and leave some workers idle.

    Example: 26 messages, at 4 workers per replica of which 80 % are to be busy, need 26 / 3.2 =
    8.1, which is 9 replicas.
    """
    ready, unacknowledged = load.of_entries(target.queues)
    per_replica = target.workers_per_replica or estimates.workers_per_replica
    if isinstance(ready, Unknown):
        return ready
    if isinstance(per_replica, Unknown):
        return per_replica
    per_replica = significant(per_replica)
    each = per_replica * target.busy_percent / 100
    # `queues` of the target can name some of the queues only.
    count = ready + min(known(unacknowledged, 0), in_progress(load, workload, per_replica))
    allows_scale_down = not isinstance(unacknowledged, Unknown)
    clause = Clause(
        "concurrency" if allows_scale_down else "concurrency.partly",
        **{"messages" if allows_scale_down else "ready": count},
        workers=per_replica,
        busyPercent=target.busy_percent,
        replicas=count_of(count / each),
    )
    return _Formula(count, each, clause, allows_scale_down)


def _by_ratio(
    target: PublishedToDeliveredRatio,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    """Multiply the ready replicas by ratio / target: 1.5 at a target of 1 makes 6 replicas of 4."""
    if isinstance(estimates.delivery_ratio, Unknown):
        return estimates.delivery_ratio
    if isinstance(load.statistics_at, Unknown):
        return load.statistics_at
    ready, current = known(workload.ready, workload.replicas), workload.replicas
    if ready == 0:
        return Unknown("NoneReady", "no replica is ready, so that the ratio has no base")
    # Published messages count as far as the arrival rate is supported.
    measured, (rate, _) = known(estimates.arrival_rate, 0.0), rate_of(load, estimates, workload)
    has_jumped = measured > 0 and bool(estimates.rate_before_jump)
    supported = rate / measured if has_jumped else 1.0
    ratio = significant(estimates.delivery_ratio * supported)
    use = ratio / target.ratio
    raw = count_of(use * ready)
    clause = Clause("ratio", ratio=ratio, target=target.ratio, ready=ready, replicas=raw)
    if is_within_tolerance(behavior, use):
        kept = Clause("tolerance.ratio", percent=hundredths(use))
        return Proposal(raw, current, clause, kept if raw != current else None)
    if estimates.ratio_is_used and raw != current:
        return Proposal(raw, current, clause, Clause("tolerance.ratioUsed"))
    return Proposal(raw, raw, clause)
