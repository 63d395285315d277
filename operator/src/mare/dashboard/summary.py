"""One object in short, and how much it needs attention."""

from mare.custom_resource.conditions import unknown_of
from mare.dashboard.facts import facts_of
from mare.dashboard.serialize import Json, measured, plain, sentence
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown, total
from mare.explanation.constraint import constraint_of
from mare.explanation.facts import Facts
from mare.loop.record import AutoscalerHistory, View

ATTENTION = ("unknown", "behind", "pending", "none")
"""In the order in which objects are listed."""
_FRESH_SECONDS = 3.0
_NOT_DRAINING = Unknown("NotDraining", "at least as much arrives as is finished")
_NOT_LEARNT = Unknown("NotLearnt", "what a replica can do is not learnt yet")
_NO_RATE = Unknown("NotReported", "the rates need two statistics of the broker")


def summary(past: AutoscalerHistory, now: float) -> Json:
    view, facts = past.view, facts_of(past)
    policy, decision = facts.policy, facts.decision
    why = unknown_of(view.reading.queues)
    queues = () if isinstance(view.reading.queues, Unknown) else view.reading.queues
    read_at = min((each.read_at for each in queues), default=None)
    counted_at = _counted_at(queues)
    published, acknowledged = view.rates or (_NO_RATE, _NO_RATE)
    able = facts.cannot_act
    return {
        "namespace": facts.key.namespace,
        "name": facts.key.name,
        "target": {"kind": facts.target.kind, "name": facts.target.name},
        "attention": attention(facts),
        "paused": str(policy.paused) if policy.paused else None,
        "dryRun": policy.dry_run,
        "replicas": {
            "min": policy.min_replicas,
            "max": policy.max_replicas,
            "running": facts.ready,
            "asked": facts.asked,
            "wanted": decision.replicas if decision else None,
            "raw": decision.raw if decision else None,
        },
        "depth": measured(why or view.depth, read_at),
        "ready": measured(why or total(each.ready for each in queues), read_at),
        "unacknowledged": measured(
            why or total(each.unacknowledged for each in queues), counted_at
        ),
        "wait": measured(why or _wait(view), read_at),
        "waitTarget": facts.wait_target,
        "publishRate": measured(why or published, counted_at),
        "ackRate": measured(why or acknowledged, counted_at),
        "drain": measured(why or drain(facts), read_at),
        "fresh": why is None and read_at is not None and now - read_at <= _FRESH_SECONDS,
        "reason": str(decision.reason) if decision else None,
        "constraint": {
            "code": str(constraint_of(facts)),
            "until": decision.until if decision else None,
        },
        "sentence": decision
        and sentence(decision.current, decision.replicas, decision.message, decision.clauses),
        "changedAt": past.changed_at,
        "error": able and {"reason": able.reason, "message": plain(able.message)},
    }


def attention(facts: Facts) -> str:
    if facts.cannot_act is not None or unknown_of(facts.queues) is not None:
        return "unknown"
    if facts.is_behind:
        return "behind"
    return "pending" if facts.pending else "none"


def order(summary: Json) -> tuple[int, str, str]:
    """What needs attention comes first."""
    return ATTENTION.index(summary["attention"]), summary["namespace"], summary["name"]


def drain(facts: Facts) -> float | Unknown | None:
    """Seconds until what is ready is worked off, if arrivals and replicas stay as they are."""
    ready = unknown_of(facts.queues)
    if ready is not None or isinstance(facts.queues, Unknown):
        return ready
    waiting = total(each.ready for each in facts.queues)
    if waiting == 0:
        return 0.0
    each = facts.policy.capacity_per_replica or facts.estimates.capacity_per_replica
    rate = facts.estimates.arrival_rate
    if isinstance(each, Unknown) or isinstance(rate, Unknown) or isinstance(waiting, Unknown):
        return _NOT_LEARNT
    spare = each * (facts.ready if facts.ready is not None else facts.asked or 0) - rate
    return waiting / spare if spare > 0 else _NOT_DRAINING


def _wait(view: View) -> float | Unknown:
    return _NOT_LEARNT if view.wait_seconds is None else view.wait_seconds


def _counted_at(queues: tuple[QueueReading, ...]) -> float | None:
    known = [e.statistics_at for e in queues if not isinstance(e.statistics_at, Unknown)]
    return min(known, default=None)
