"""Conditions about the work of replicas: whether it is visible, and not lost in a scale-down."""

import math

from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.condition import Condition, condition
from mare.domain.acknowledgement_batches import LARGE_PREFETCH
from mare.domain.clause import Clause, capital, number, significant
from mare.domain.early_acknowledgement import DRAIN_SECONDS, EarlyAcknowledgement
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.observation import NO_PREFETCH, PEERS_UNKNOWN, load_of
from mare.domain.other_consumers import OtherConsumers
from mare.domain.redeliveries import Redeliveries
from mare.domain.spec import MaximumConcurrency, QueueWaitTime, ScalingSpec, VictimPolicy
from mare.domain.unknown import Unknown, known
from mare.ports import BrokerReading, Scale

_ACKNOWLEDGE_LATE = Clause("advice.acknowledgeLate")
_HUNG_FACTOR = 3
"""While nothing is acknowledged, the measured service time grows by a tenth of the time passed."""
_HELD_SECONDS = 120.0
"""Age of messages beyond the workers from which on they are reported."""
_GRACE_SETTING = "terminationGracePeriodSeconds"


def grace_period_sufficient(
    autoscaler: Autoscaler, scale: Scale, history: History | None, now: float
) -> Condition:
    kind, grace = "GracePeriodSufficient", scale.grace_seconds
    setting = "stopSeconds" if autoscaler.target.kind == "command" else _GRACE_SETTING
    if grace is None:
        return condition(kind, "Unknown", "NotReported", setting=setting)
    service = (
        history.longest_service_or_hold(grace, now) if history else Estimates().service_seconds
    )
    if isinstance(service, Unknown):
        return Condition(kind, "Unknown", service.reason, service.cause)
    seconds, wait = significant(service, 2), autoscaler.spec.max_drain_wait_seconds
    if seconds <= grace:
        return condition(kind, "True", "Sufficient")
    if history is not None and _may_be_wait(autoscaler.spec, history, grace, now):
        return condition(kind, "Unknown", "PrefetchLarge")
    reason, clause = (
        "GracePeriodTooShort",
        Clause("grace.short", seconds=seconds, graceSeconds=grace),
    )
    message = f"{capital(clause)}: raise {setting} above the service time"
    if history is not None and _may_hang(history, now):
        reason, clause = "NothingAcknowledged", Clause("work.held", seconds=seconds)
        message = (
            f"{capital(clause)}: check whether they hang, and restart them. If a message takes"
        )
        message += f" that long, raise {setting} above {number(seconds)} s"
    if autoscaler.spec.victim_policy is not VictimPolicy.DEFAULT:
        message += f". Until then only idle replicas are removed, for {wait} s"
        message += " (maxDrainWaitSeconds), then busy ones"
    return Condition(kind, "False", reason, message, (clause,))


def _may_hang(history: History, now: float) -> bool:
    """Return whether messages were held for much longer than their measured service time."""
    service = known(history.learning.estimates.service_seconds, 0.0)
    return history.held_messages.longest(now) > _HUNG_FACTOR * service


def _may_be_wait(spec: ScalingSpec, history: History, grace_seconds: int, now: float) -> bool:
    """Return whether a long service time may be the wait behind other prefetched messages."""
    workers = known(history.learning.estimates.workers_per_replica, 0.0)
    is_known = spec.workers_per_replica is not None or workers < LARGE_PREFETCH
    return not is_known and history.held_messages.longest(now) <= grace_seconds


def victims_chosen(
    spec: ScalingSpec, unchosen: Unknown | None, reading: BrokerReading
) -> tuple[Condition, ...]:
    """Return whether idle replicas are removed first, as `victims.policy` says.

    With IdleFirst it does not depend on the age of statistics, and not on the first two samples:
    each start of the operator would write each status.
    """
    kind, waits = "VictimsChosen", spec.victim_policy is VictimPolicy.IDLE_ONLY
    if spec.victim_policy is VictimPolicy.DEFAULT:
        return ()
    if unchosen is not None:
        message = f"{unchosen.cause}: a scale-down can remove busy replicas"
        if waits:
            message += f", after {spec.max_drain_wait_seconds} s (maxDrainWaitSeconds)"
        # IdleFirst is the default, and a StatefulSet always chooses itself: that is no warning.
        status = "False" if waits or unchosen.reason != "ChoosesItself" else "Unknown"
        return (Condition(kind, status, unchosen.reason, message, (unchosen.clause,)),)
    stays = _are_peers_unknown(reading) or not reading.has_statistics
    if isinstance(reading.busy, Unknown) and (waits or stays):
        return (Condition(kind, "Unknown", reading.busy.reason, reading.busy.cause),)
    return (condition(kind, "True", "Chosen" if waits else "IdleFirst"),)


def _are_peers_unknown(reading: BrokerReading) -> bool:
    return isinstance(reading.busy, Unknown) and reading.busy.reason == PEERS_UNKNOWN.reason


def work_visible(
    spec: ScalingSpec,
    scale: Scale | Unknown,
    acknowledgement: EarlyAcknowledgement,
    others: OtherConsumers | None,
    now: float,
) -> Condition:
    """Return whether the statistics show the work of the replicas, and of nothing else."""
    kind = "WorkVisible"
    grace = scale.grace_seconds if isinstance(scale, Scale) else None
    if not acknowledgement.is_early and others is not None and others.are_there(now, grace):
        counts = {"addresses": others.addresses, "replicas": others.replicas}
        return condition(kind, "Unknown", "OtherConsumers", **counts)
    if not acknowledgement.is_early and acknowledgement.are_unseen and spec.drain_seconds is None:
        return condition(kind, "Unknown", "NeverUnacknowledged")
    if not acknowledgement.is_early:
        return condition(kind, "True", "Visible")
    reason = "AutomaticAcknowledgement" if acknowledgement.automatic else "EarlyAcknowledgement"
    seconds = DRAIN_SECONDS if spec.drain_seconds is None else spec.drain_seconds
    clause = Clause("work.early")
    message = f"{capital(clause)}; scale-down waits {seconds} s (drainSeconds): {_ACKNOWLEDGE_LATE}"
    return Condition(kind, "False", reason, message, (clause,))


def deliveries_end(redeliveries: Redeliveries) -> tuple[Condition, ...]:
    """Return that messages come back again and again, if they do."""
    if not redeliveries.are_endless:
        return ()
    numbers = {"rate": significant(redeliveries.rate, 2), "messages": redeliveries.messages}
    clause = Clause("work.redelivered", **numbers)
    message = f"{capital(clause)}: {Clause('advice.limitDeliveries')}"
    return (Condition("DeliveriesEnd", "False", "RedeliveredAgain", message, (clause,)),)


def prefetch_suitable(
    spec: ScalingSpec, reading: BrokerReading, history: History, now: float
) -> tuple[Condition, ...]:
    """Return whether the prefetch count is the number of workers, if a target depends on it.

    With `workersPerReplica`, messages that are held beyond the workers are named for any target.
    """
    kind, estimates = "PrefetchSuitable", history.learning.estimates
    depends = any(isinstance(each, QueueWaitTime | MaximumConcurrency) for each in spec.targets)
    if not depends and spec.workers_per_replica is None:
        return ()
    held = history.held_messages
    if held.beyond_since is not None and now - held.beyond_since > _HELD_SECONDS:
        minutes = round((now - held.beyond_since) / 60)
        return (condition(kind, "False", "MessagesHeld", messages=held.beyond, minutes=minutes),)
    if spec.workers_per_replica is not None:
        return (condition(kind, "True", "Configured"),)
    load = load_of(reading.queues)
    prefetch = load.prefetch
    prefetched = known(prefetch, math.inf) * estimates.assumed_consumers_per_replica(load)
    count = (
        f"up to {prefetched:.0f} messages" if prefetched < math.inf else "messages without a limit"
    )
    if isinstance(prefetch, Unknown) and prefetch.reason != NO_PREFETCH:
        found = Condition(kind, "Unknown", prefetch.reason, prefetch.cause)
    elif estimates.prefetch_exceeds_workers:
        found = condition(kind, "False", "PrefetchExceedsWorkers", count=count)
    elif prefetched >= LARGE_PREFETCH:
        found = condition(kind, "Unknown", "PrefetchAssumed", count=count)
    else:
        found = condition(kind, "True", "Suitable")
    return (found,)
