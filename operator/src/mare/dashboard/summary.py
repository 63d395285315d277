"""One object as a row of the list, and whether it needs attention."""

from collections.abc import Iterable

from mare.custom_resource.conditions import unknown_of
from mare.custom_resource.stored_timers import read_timers
from mare.dashboard.serialize import (
    Json,
    serialize_clause,
    serialize_reading,
    serialize_sentence,
)
from mare.domain.clause import Clause, significant
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown, total
from mare.explanation.constraint import Verdict, constraint_of, verdict_of
from mare.explanation.facts import Facts, pending_seconds
from mare.loop.record import AutoscalerHistory
from mare.ports import Scale

_FRESH_SECONDS = 3.0
_NOT_DRAINING = Unknown("NotDraining", "messages arrive at least as fast as they are processed")
_NOT_MEASURED = Unknown("NotMeasured", "the capacity of a replica is not known yet")
_NO_RATE = Unknown("NotReported", "rates need two readings of the broker's statistics")


def summary(history: AutoscalerHistory, now: float) -> Json:
    view, facts = history.view, facts_of(history)
    spec, decision = facts.spec, facts.decision
    unknown = unknown_of(view.reading.queues)
    queues = () if isinstance(view.reading.queues, Unknown) else view.reading.queues
    read_at = min((each.read_at for each in queues), default=None)
    statistics_at = [each.statistics_at for each in queues]
    counted_at = min((at for at in statistics_at if not isinstance(at, Unknown)), default=None)
    published, acknowledged = view.rates or (_NO_RATE, _NO_RATE)
    wait = _NOT_MEASURED if view.wait_seconds is None else view.wait_seconds
    return {
        "namespace": facts.key.namespace,
        "name": facts.key.name,
        "target": {"kind": facts.target.kind, "name": facts.target.name},
        "attention": attention(facts),
        "dryRun": spec.dry_run,
        "replicas": {
            "min": spec.min_replicas,
            "max": spec.max_replicas,
            "running": facts.ready,
            "requested": facts.requested,
            "desired": decision.desired if decision else None,
            "raw": decision.raw if decision else None,
        },
        "depth": serialize_reading(unknown or view.depth, read_at),
        "ready": serialize_reading(unknown or total(each.ready for each in queues), read_at),
        "unacknowledged": serialize_reading(
            unknown or total(each.unacknowledged for each in queues), counted_at
        ),
        "wait": serialize_reading(unknown or wait, read_at),
        "waitTarget": facts.wait_target,
        "publishRate": serialize_reading(unknown or published, counted_at),
        "ackRate": serialize_reading(unknown or acknowledged, counted_at),
        "drain": serialize_reading(unknown) if unknown else drain_of(facts, queues, read_at),
        "fresh": unknown is None and read_at is not None and now - read_at <= _FRESH_SECONDS,
        "constraint": _constraint(facts),
        "sentence": decision and serialize_sentence(decision),
        "changedAt": history.changed_at,
    }


def _constraint(facts: Facts) -> Json:
    """Return the constraint with its end, which is that of the limit that decides."""
    decision, code = facts.decision, constraint_of(facts)
    decides = decision is not None and code is decision.reason
    return {"code": str(code), "until": decision.until if decision and decides else None}


def facts_of(history: AutoscalerHistory) -> Facts:
    view = history.view
    scale = view.scale if isinstance(view.scale, Scale) else None
    since = history.short_since
    starting = (
        view.history.learning.backlog
        if view.history
        else read_timers(view.autoscaler.status, 0.0).starting
    )
    return Facts(
        key=view.autoscaler.key,
        target=view.autoscaler.target,
        spec=view.autoscaler.spec,
        at=view.at,
        requested=scale.replicas if scale else None,
        ready=None if scale is None or isinstance(scale.ready, Unknown) else scale.ready,
        decision=view.decision,
        queues=view.reading.queues,
        depth=view.depth,
        wait_seconds=view.wait_seconds,
        estimates=view.estimates,
        conditions=view.conditions,
        pending=since is not None and view.at - since > pending_seconds(view.estimates),
        uncounted=starting.uncounted if starting else 0,
    )


def attention(facts: Facts) -> str:
    if facts.cannot_act is not None or unknown_of(facts.queues) is not None:
        return "unknown"
    if facts.is_behind:
        return "behind"
    if facts.decision is not None and verdict_of(facts) is Verdict.UNKNOWN:
        return "unknown"  # without statistics the depth is known, but not which replicas are busy
    return "pending" if facts.pending else "none"


def drain_of(facts: Facts, queues: Iterable[QueueReading], read_at: float | None = None) -> Json:
    """Return when the ready messages are processed, as a reading, and by which estimates.

    The replicas can process more than the rate of acknowledgements, which arrivals limit.
    """
    waiting, rate = total(each.ready for each in queues), facts.estimates.arrival_rate
    each = facts.spec.capacity_per_replica or facts.estimates.capacity_per_replica
    value: float | Unknown
    estimate = None
    if waiting == 0:
        value = 0.0
    elif isinstance(each, Unknown) or isinstance(rate, Unknown) or isinstance(waiting, Unknown):
        value = _NOT_MEASURED
    else:
        replicas = facts.ready if facts.ready is not None else facts.requested or 0
        rate, most = significant(rate), significant(each * replicas)
        value = waiting / (most - rate) if most > rate else _NOT_DRAINING
        clause = Clause("drain.estimate", arrivalRate=rate, capacity=most)
        estimate = serialize_clause(clause)
    return {**serialize_reading(value, read_at), "estimate": estimate}
