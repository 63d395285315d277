"""Situations: each is a function from the time to the state that the operator sends."""

from collections.abc import Callable
from typing import Any

from tests.integration.dashboard.payloads import (
    MISSING,
    Json,
    backlog,
    clause,
    estimate,
    measured,
    operator,
    sentence,
    summary,
)

State = Json
Situation = Callable[[float], State]


def _state(at: float, *objects: Json, **changes: Any) -> State:
    return {
        "at": at,
        "operator": operator(at, **changes),
        "objects": list(objects),
    }


def _unknown(at: float, **names: str) -> Json:
    nothing = {key: measured(None, at) for key in ("depth", "ready", "wait", "drain")}
    missing = clause("unknown", MISSING["cause"], **MISSING)
    held = clause("unknown.kept", "until that changes, the count stays within its bounds")
    return summary(
        at,
        **names,
        **nothing,
        unacknowledged=measured(None, at),
        publishRate=measured(None, at),
        ackRate=measured(None, at),
        attention="unknown",
        replicas={"min": 0, "max": 20, "running": 3, "requested": 3, "desired": 3, "raw": None},
        fresh=False,
        constraint={"code": "QueuesUnknown", "until": at + 88},
        sentence=sentence(3, 3, missing, held),
    )


def _missing(at: float, **names: str) -> Json:
    """The same, with what the operator advises and a word of the broker's own."""
    problem = {
        "code": "MARE002",
        "about": "QueueAutoscaler/playlists",
        "text": MISSING["cause"],
        "try": "declare the queue, or correct its name",
        "clauses": [
            clause("unknown", MISSING["cause"], **MISSING),
            clause("recorded", "no queue in vhost '/'"),
            clause("advice.declareQueue", "declare the queue, or correct its name"),
        ],
    }
    return _unknown(at, **names) | {"problems": [problem]}


def _zero(at: float, **names: str) -> Json:
    quiet = clause(
        "length",
        "0 messages at 20 per replica need 0 replicas",
        messages=0,
        each=20,
        replicas=0,
    )
    return summary(
        at,
        **names,
        **{key: measured(0, at) for key in ("depth", "ready", "unacknowledged", "wait", "drain")},
        publishRate=measured(0.0, at),
        ackRate=measured(0.0, at),
        replicas={"min": 0, "max": 20, "running": 0, "requested": 0, "desired": 0, "raw": 0},
        constraint={"code": "Idle", "until": None},
        sentence=sentence(0, 0, quiet, clause("idle.stays", "no message activates the workload")),
    )


def _at_max(at: float, **names: str) -> Json:
    limit = clause("bounds.max", "maxReplicas is 10", by="maxReplicas", max=10)
    return summary(
        at,
        **names,
        attention="behind",
        replicas={"min": 1, "max": 10, "running": 10, "requested": 10, "desired": 10, "raw": 14},
        wait=measured(7.4, at),
        drain={
            **measured(None, at, {"reason": "NotDraining", "cause": "too many arrive"}),
            "estimate": estimate(98, 85),
        },
        constraint={"code": "TooManyReplicas", "until": None},
        sentence=sentence(10, 10, backlog(980, 14), limit),
    )


def _behind(at: float, **names: str) -> Json:
    """At the maximum, which the load does not exceed, with a backlog."""
    counts = {"min": 1, "max": 6, "running": 6, "requested": 6, "desired": 6, "raw": 6}
    return summary(at, **names, attention="behind", replicas=counts, wait=measured(7.4, at))


def _paused(at: float, **names: str) -> Json:
    return summary(
        at,
        **names,
        replicas={"min": 0, "max": 20, "running": 3, "requested": 3, "desired": 3, "raw": None},
        constraint={"code": "Paused", "until": None},
        sentence=sentence(3, 3, clause("paused.all", "spec.paused is All")),
    )


def _dry_run(at: float, **names: str) -> Json:
    return summary(
        at,
        **names,
        dryRun=True,
        replicas={"min": 0, "max": 20, "running": 2, "requested": 2, "desired": 6, "raw": 6},
        constraint={"code": "DryRun", "until": None},
        sentence=sentence(2, 6, backlog(231, 6)),
    )


def _error(at: float, **names: str) -> Json:
    cause, advice = "Deployment playlists does not exist", "create the workload"
    problem = {
        "code": "MARE010",
        "about": "Deployment/playlists",
        "text": cause,
        "try": advice,
        "clauses": [
            clause("unknown", cause, reason="WorkloadNotFound", name="Deployment playlists"),
            clause("advice.createWorkload", advice),
        ],
    }
    unknown = {"running": None, "requested": None, "desired": None, "raw": None}
    return summary(
        at,
        **names,
        attention="unknown",
        replicas={"min": 0, "max": 20, **unknown},
        constraint={"code": "UnableToScale", "until": None},
        problems=[problem],
        sentence=None,
        changedAt=None,
    )


def _shrinking(at: float, **names: str) -> Json:
    still = clause(
        "window.down",
        "9 was still wanted within the last 60 s",
        replicas=9,
        windowSeconds=60,
        seconds=41,
    )
    return summary(
        at,
        **names,
        replicas={"min": 2, "max": 120, "running": 9, "requested": 9, "desired": 9, "raw": 4},
        constraint={"code": "ScaleDownStabilized", "until": at + 41},
        sentence=sentence(9, 9, backlog(12, 4), still),
    )


def _many(at: float) -> State:
    return _state(
        at,
        _error(at, namespace="shop", name="invoices"),
        _unknown(at, namespace="shop", name="orders"),
        _at_max(at, namespace="shop", name="payments"),
        summary(at),
        _shrinking(at, namespace="music", name="jobs"),
        _zero(at, namespace="music", name="webhooks"),
        _dry_run(at, namespace="music", name="weather-by-the-hour-of-all-cities"),
        _paused(at, namespace="music", name="reports"),
    )


def _stale(at: float) -> State:
    old = summary(at, fresh=False, depth=measured(240, at - 12), wait=measured(1.9, at - 12))
    why = {"reason": "AccessRefused", "cause": "the broker refuses the user or the password"}
    advice = clause("advice.correctUser", "correct user and password in the Secret")
    unread = {"count": 1, "secret": "shop/broker", "why": {**why, "name": ""}, "advice": advice}
    return _state(at, old, brokers={"total": 1, "unread": unread, "alarm": None})


def _alarm(at: float) -> State:
    why = {"reason": "MemoryAlarm", "cause": "a memory alarm of RabbitMQ blocks all publishers"}
    advice = clause("advice.endAlarm", "let consumers empty queues")
    alarm = {"count": 1, "secret": "shop/broker", "why": {**why, "name": ""}, "advice": advice}
    held = summary(at, constraint={"code": "BrokerAlarm", "until": None})
    return _state(at, held, brokers={"total": 1, "unread": None, "alarm": alarm})


def _one(make: Callable[[float], Json]) -> Situation:
    return lambda at: _state(at, make(at))


SITUATIONS: dict[str, Situation] = {
    "many": _many,
    "empty": _state,
    "busy": _one(summary),
    "zero": _one(_zero),
    "unknown": _one(_unknown),
    "missing": _one(_missing),
    "paused": _one(_paused),
    "dry-run": _one(_dry_run),
    "behind": _one(_behind),
    "at-max": _one(_at_max),
    "shrinking": _one(_shrinking),
    "error": _one(_error),
    "stale": _stale,
    "alarm": _alarm,
}
