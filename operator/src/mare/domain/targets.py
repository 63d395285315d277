"""The proposal of each target, with its formula as a clause."""

from dataclasses import replace

from mare.domain.behavior import within_tolerance
from mare.domain.clause import (
    Clause,
    Number,
    hundredths,
    messages,
    need,
    number,
    percent,
    replicas,
    significant,
    workers,
)
from mare.domain.context import Proposal
from mare.domain.count import count_of
from mare.domain.estimates import Estimates
from mare.domain.observation import Load, Workload
from mare.domain.policy import (
    Behavior,
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    MessageRate,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    Target,
)
from mare.domain.unknown import Unknown, known, total
from mare.domain.wait_target import proposal_by_wait


def proposal_of(
    target: Target, load: Load, estimates: Estimates, workload: Workload, behavior: Behavior
) -> Proposal | Unknown:
    """Return the proposal of a target; unknown if an input of its formula is unknown.

    If only some queues are unknown, the proposal is that of the known queues. It then does not
    allow scaling down.
    """
    entries = target.queues if isinstance(target, QueueLength | MaximumConcurrency) else ()
    unknown = total((load.ready, load.of(entries)[0]))
    if not isinstance(unknown, Unknown):
        return _proposal(target, load, estimates, workload, behavior)
    part = load.as_far_as_known()
    if isinstance(part.ready, Unknown):
        return part.ready
    if isinstance(target, QueueLength | MaximumConcurrency):
        found = tuple(entry for entry in entries if any(entry in r.entries for r in part.readings))
        target = replace(target, queues=found or entries)
    proposal = _proposal(target, part, estimates, workload, behavior)
    if isinstance(proposal, Unknown):
        return unknown
    return replace(proposal, allows_scale_down=False, unknown=unknown)


def _proposal(
    target: Target, load: Load, estimates: Estimates, workload: Workload, behavior: Behavior
) -> Proposal | Unknown:
    match target:
        case QueueWaitTime():
            return proposal_by_wait(target, load, estimates, workload)
        case QueueLength():
            return _by_length(target, load, workload, behavior)
        case MessageRate():
            return _by_rate(target, load, estimates, workload, behavior)
        case PublishedToDeliveredRatio():
            return _by_ratio(target, load, estimates, workload, behavior)
        case ExpectedQueueConsumptionTime():
            return _by_consumption(target, load, estimates, workload, behavior)
        case MaximumConcurrency():
            return _by_concurrency(target, load, estimates, workload, behavior)


def _per_replica(
    total: float, each: float, workload: Workload, behavior: Behavior, text: Clause
) -> Proposal:
    """Propose total / each replicas, with the tolerance of AverageValue in autoscaling/v2."""
    raw = count_of(total / each)
    current = workload.replicas
    if current > 0 and raw != current and within_tolerance(behavior, total / (each * current)):
        use = total / (each * current)
        why = f"{percent(use)} of the target for {replicas(current)} is within the tolerance"
        kept = Clause("tolerance.share", why, percent=hundredths(use), replicas=current)
        return Proposal(raw, current, text, kept)
    return Proposal(raw, raw, text)


def _by_length(
    target: QueueLength, load: Load, workload: Workload, behavior: Behavior
) -> Proposal | Unknown:
    ready, unacknowledged = load.of(target.queues)
    if isinstance(ready, Unknown):
        return ready
    each = target.messages_per_replica
    count = ready
    if not target.exclude_unacknowledged:
        count += known(unacknowledged, 0)
    raw = count_of(count / each)
    share = f"at {number(each)} per replica {need(count, raw)}"
    if target.exclude_unacknowledged:
        text = f"{messages(count, 'ready ')} {share}"
        clause = Clause("length.ready", text, ready=count, each=each, replicas=raw)
        return _per_replica(count, each, workload, behavior, clause)
    if isinstance(unacknowledged, Unknown):
        text = f"{messages(count, 'ready ')} {share}; unacknowledged messages are unknown"
        clause = Clause("length.partly", text, ready=count, each=each, replicas=raw)
        proposal = _per_replica(count, each, workload, behavior, clause)
        return replace(proposal, allows_scale_down=False)
    clause = Clause("length", f"{messages(count)} {share}", messages=count, each=each, replicas=raw)
    return _per_replica(count, each, workload, behavior, clause)


def _by_rate(
    target: MessageRate,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    """Propose by the last arrival rate. Without statistics it is old and cannot scale down."""
    if isinstance(estimates.arrival_rate, Unknown):
        return estimates.arrival_rate
    rate, each = significant(estimates.arrival_rate), target.messages_per_second_per_replica
    raw = count_of(rate / each)
    text = f"an arrival rate of {number(rate)} messages/s at {number(each)} messages/s per replica"
    text += f" needs {replicas(raw)}"
    clause = Clause("rate", text, arrivalRate=rate, each=each, replicas=raw)
    proposal = _per_replica(rate, each, workload, behavior, clause)
    return replace(proposal, allows_scale_down=not isinstance(load.statistics_at, Unknown))


def _by_ratio(
    target: PublishedToDeliveredRatio,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    """Multiply the ready replicas by ratio / target, as Value metrics in autoscaling/v2."""
    if isinstance(estimates.delivery_ratio, Unknown):
        return estimates.delivery_ratio
    if isinstance(load.statistics_at, Unknown):
        return load.statistics_at
    ready = known(workload.ready, workload.replicas)
    if ready == 0:
        return Unknown("NoneReady", "no replica is ready, so that the ratio has no base")
    ratio = significant(estimates.delivery_ratio)
    use = ratio / target.ratio
    raw = count_of(use * ready)
    text = (
        f"a ratio of {number(ratio)} published messages to each delivered one,"
        f" at a target of {number(target.ratio)} with {replicas(ready)} ready,"
        f" needs {replicas(raw)}"
    )
    clause = Clause("ratio", text, ratio=ratio, target=target.ratio, ready=ready, replicas=raw)
    if within_tolerance(behavior, use):
        why = f"{percent(use)} of the target is within the tolerance"
        kept = Clause("tolerance.ratio", why, percent=hundredths(use))
        return Proposal(raw, workload.replicas, clause, kept if raw != workload.replicas else None)
    if estimates.ratio_is_used and raw != workload.replicas:
        why = "the replicas changed after this ratio was measured, and the next statistics decide"
        return Proposal(raw, workload.replicas, clause, Clause("tolerance.ratioUsed", why))
    return Proposal(raw, raw, clause)


def _by_consumption(
    target: ExpectedQueueConsumptionTime,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    capacity = target.capacity_per_replica or estimates.capacity_per_replica
    if isinstance(load.ready, Unknown):
        return load.ready
    if isinstance(capacity, Unknown):
        return capacity
    capacity, seconds = significant(capacity), target.consumption_seconds
    rate = significant(known(estimates.arrival_rate, 0.0))
    required = rate + load.ready / seconds
    raw = count_of(required / capacity)
    backlog = f"{messages(load.ready, 'ready ')} in {number(seconds)} s"
    result = f"at {number(capacity)} messages/s per replica, needs {replicas(raw)}"
    numbers: dict[str, Number] = {
        "ready": load.ready,
        "capacity": capacity,
        "seconds": seconds,
        "replicas": raw,
    }
    if is_partial := isinstance(estimates.arrival_rate, Unknown):
        text = f"consuming {backlog}, {result}; the arrival rate is unknown"
        clause = Clause("consumption.partly", text, **numbers)
    else:
        text = f"consuming {number(rate)} messages/s that arrive and {backlog}, {result}"
        clause = Clause("consumption", text, arrivalRate=rate, **numbers)
    proposal = _per_replica(required, capacity, workload, behavior, clause)
    is_partial = is_partial or isinstance(load.statistics_at, Unknown)
    return replace(proposal, allows_scale_down=not is_partial)


def _by_concurrency(
    target: MaximumConcurrency,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    ready, unacknowledged = load.of(target.queues)
    per_replica = target.workers_per_replica or estimates.workers_per_replica
    if isinstance(ready, Unknown):
        return ready
    if isinstance(per_replica, Unknown):
        return per_replica
    per_replica = significant(per_replica)
    each = per_replica * target.busy_percent / 100
    count = ready + known(unacknowledged, 0)
    raw = count_of(count / each)
    share = f"at {workers(per_replica)} per replica, {target.busy_percent} % of them busy,"
    share += f" {need(count, raw)}"
    numbers: dict[str, Number] = {
        "workers": per_replica,
        "busyPercent": target.busy_percent,
        "replicas": raw,
    }
    if isinstance(unacknowledged, Unknown):
        text = f"{messages(count, 'ready ')}, {share}; unacknowledged messages are unknown"
        clause = Clause("concurrency.partly", text, ready=ready, **numbers)
        proposal = _per_replica(count, each, workload, behavior, clause)
        return replace(proposal, allows_scale_down=False)
    clause = Clause("concurrency", f"{messages(count)}, {share}", messages=count, **numbers)
    return _per_replica(count, each, workload, behavior, clause)
