"""What each target asks for, and the clause that says so."""

import math
from dataclasses import replace

from mare.domain.behavior import within_tolerance
from mare.domain.clause import (
    Clause,
    hundredths,
    messages,
    number,
    percent,
    replicas,
    significant,
    workers,
)
from mare.domain.context import Proposal
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
    """What a target asks for, unknown if what it needs is unknown.

    While a part of the queues is unknown it is what the others ask for at least.
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
    """The sum of AverageValue in autoscaling/v2, with its tolerance."""
    raw = math.ceil(total / each)
    current = workload.replicas
    if current > 0 and raw != current and within_tolerance(behavior, total / (each * current)):
        use = total / (each * current)
        why = f"{percent(use)} of what {replicas(current)} are for"
        kept = Clause("kept.share", why, percent=hundredths(use), replicas=current)
        return Proposal(raw, current, text, kept)
    return Proposal(raw, raw, text)


def _by_length(
    target: QueueLength, load: Load, workload: Workload, behavior: Behavior
) -> Proposal | Unknown:
    ready, unacknowledged = load.of(target.queues)
    if isinstance(ready, Unknown):
        return ready
    each = target.messages_per_replica
    if target.exclude_unacknowledged:
        text = f"{messages(ready)} wait, {number(each)} for each replica"
        clause = Clause("length.ready", text, ready=ready, each=each)
        return _per_replica(ready, each, workload, behavior, clause)
    count = ready + known(unacknowledged, 0)
    if isinstance(unacknowledged, Unknown):
        text = f"{messages(ready)} wait, unknown is how many run, {number(each)} for each replica"
        clause = Clause("length.partly", text, ready=ready, each=each)
        proposal = _per_replica(count, each, workload, behavior, clause)
        return replace(proposal, allows_scale_down=False)
    text = f"{messages(count)} wait or run, {number(each)} for each replica"
    clause = Clause("length", text, messages=count, each=each)
    return _per_replica(count, each, workload, behavior, clause)


def _by_rate(
    target: MessageRate,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    """By the last rate that was seen, which without statistics may be an old one."""
    if isinstance(estimates.arrival_rate, Unknown):
        return estimates.arrival_rate
    rate, each = significant(estimates.arrival_rate), target.messages_per_second_per_replica
    text = f"{number(rate)} a second arrive, {number(each)} for each replica"
    clause = Clause("rate", text, arrivalRate=rate, each=each)
    proposal = _per_replica(rate, each, workload, behavior, clause)
    return replace(proposal, allows_scale_down=not isinstance(load.statistics_at, Unknown))


def _by_ratio(
    target: PublishedToDeliveredRatio,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    """The sum of Value in autoscaling/v2: the ratio moves the ready replicas."""
    if isinstance(estimates.delivery_ratio, Unknown):
        return estimates.delivery_ratio
    if isinstance(load.statistics_at, Unknown):
        return load.statistics_at
    ready = known(workload.ready, workload.replicas)
    if ready == 0:
        return Unknown("NoneReady", "no replica is ready, of which the ratio would be a share")
    ratio = significant(estimates.delivery_ratio)
    text = f"{number(ratio)} messages are published for each delivered one, {number(target.ratio)}"
    text += f" are fine, {replicas(ready)} ready"
    clause = Clause("ratio", text, ratio=ratio, fine=target.ratio, replicas=ready)
    use = ratio / target.ratio
    raw = math.ceil(use * ready)
    if within_tolerance(behavior, use):
        why = Clause("kept.ratio", f"{percent(use)} of what is fine", percent=hundredths(use))
        return Proposal(raw, workload.replicas, clause, why if raw != workload.replicas else None)
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
    if isinstance(estimates.arrival_rate, Unknown):
        clause = Clause(
            "consumption.partly",
            f"{messages(load.ready)} wait, unknown is how many arrive,"
            f" a replica finishes {number(capacity)} a second, {number(seconds)} s for what waits",
            ready=load.ready,
            capacity=capacity,
            seconds=seconds,
        )
        proposal = _per_replica(load.ready / seconds, capacity, workload, behavior, clause)
        return replace(proposal, allows_scale_down=False)
    rate = significant(estimates.arrival_rate)
    clause = Clause(
        "consumption",
        f"{number(rate)} a second arrive and {messages(load.ready)} wait,"
        f" a replica finishes {number(capacity)} a second, {number(seconds)} s for what waits",
        arrivalRate=rate,
        ready=load.ready,
        capacity=capacity,
        seconds=seconds,
    )
    proposal = _per_replica(rate + load.ready / seconds, capacity, workload, behavior, clause)
    return replace(proposal, allows_scale_down=not isinstance(load.statistics_at, Unknown))


def _by_concurrency(
    target: MaximumConcurrency,
    load: Load,
    estimates: Estimates,
    workload: Workload,
    behavior: Behavior,
) -> Proposal | Unknown:
    ready, unacknowledged = load.of(target.queues)
    slots = target.workers_per_replica or estimates.workers_per_replica
    if isinstance(ready, Unknown):
        return ready
    if isinstance(slots, Unknown):
        return slots
    slots = significant(slots)
    each = slots * target.busy_percent / 100
    if isinstance(unacknowledged, Unknown):
        clause = Clause(
            "concurrency.partly",
            f"{messages(ready)} wait, unknown is how many run, a replica has {workers(slots)},"
            f" {target.busy_percent} % busy is fine",
            ready=ready,
            workers=slots,
            busyPercent=target.busy_percent,
        )
        proposal = _per_replica(ready, each, workload, behavior, clause)
        return replace(proposal, allows_scale_down=False)
    count = ready + unacknowledged
    clause = Clause(
        "concurrency",
        f"{messages(count)} wait or run, a replica has {workers(slots)},"
        f" {target.busy_percent} % busy is fine",
        messages=count,
        workers=slots,
        busyPercent=target.busy_percent,
    )
    return _per_replica(count, each, workload, behavior, clause)
