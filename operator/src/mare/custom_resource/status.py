"""The status of a QueueAutoscaler: what was observed and decided.

It is a merge patch: a field that is to be absent is None.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from mare.custom_resource import status_values
from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.condition import Condition
from mare.custom_resource.job_status import jobs_status
from mare.custom_resource.stored_timers import timers_status, workload_status
from mare.domain.decision import Decision, Step
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.job_failures import JobFailures
from mare.domain.observation import QueueKey, QueueReading
from mare.domain.reason import Reason
from mare.domain.surges import Surge
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Scale

_MOST_DECISIONS = 10
_PASSING_SECONDS = 60.0
"""Age up to which a decision without a change is replaced by the next one."""
MOST_QUEUES = 256
_ESTIMATES = {
    "arrivalRate": ("arrival_rate", 0.0, 1e9),
    "capacityPerReplica": ("capacity_per_replica", 1e-6, 1e9),
    "workersPerReplica": ("workers_per_replica", 1e-3, 1e6),
    "startSeconds": ("start_seconds", 0.0, 86_400.0),
}
"""The attributes of the estimates that a new operator process reads again, and their bounds."""

Status = dict[str, Any]


def read_estimates(status: Mapping[str, Any]) -> Estimates:
    """Return the stored estimates. A value that no operator writes is unknown."""
    stored = status.get("estimates", {})
    known: dict[str, Any] = {
        name: float(value)
        for field, (name, least, most) in _ESTIMATES.items()
        if isinstance(value := stored.get(field), int | float) and least <= value <= most
    }
    return Estimates(**known)


def read_surges(status: Mapping[str, Any], offset: float = 0.0) -> tuple[Surge, ...]:
    """Return the stored surges, the oldest first, without entries that no operator writes."""
    texts = status.get("forecast", {}).get("surges", ())
    found = (status_values.read_surge(text, offset) for text in texts)
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.at))


def read_since(status: Mapping[str, Any]) -> float:
    """Return since when the operator has counted all surges; 0 if no operator has stored it."""
    return status_values.read_time(status.get("forecast", {}).get("since")) or 0.0


def _forecast(history: History, before: Mapping[str, Any], offset: float) -> Status | None:
    texts = [status_values.surge(each, offset) for each in history.tides.surges.past]
    if not texts:
        return None
    began, since = history.tides.began, (before.get("forecast") or {}).get("since")
    if began is not None:
        since = status_values.instant(began + offset)
    return {"surges": texts, "since": since} if since else {"surges": texts}


def status_of(
    autoscaler: Autoscaler,
    before: Mapping[str, Any],
    *,
    operator: str,
    scale: Scale | Unknown,
    reading: BrokerReading,
    rates: Mapping[tuple[str, str], tuple[float, float]],
    decision: Decision | None,
    history: History | None,
    conditions: Iterable[Condition],
    original_replicas: int | None,
    job_failures: JobFailures | None = None,
    scaled: bool,
    now: float,
    offset: float = 0.0,
) -> Status:
    """Return the status to write.

    `before` is the stored status, `scaled` whether the replicas were just changed. `offset` is
    added to each time, `now` included, for the time of the system clock.
    """
    written_at = now + offset
    status: Status = {
        "observedGeneration": autoscaler.generation,
        "operator": operator or None,
        "target": status_values.targets(autoscaler.spec),
        **workload_status(autoscaler.target, before),
        "originalReplicas": original_replicas,
        "depth": status_values.depth(reading.queues),
        "queues": _queues(reading.queues, rates, before, offset),
        "conditions": conditions_status(conditions, autoscaler, before, written_at),
    }
    if isinstance(scale, Scale):
        ready = None if isinstance(scale.ready, Unknown) else scale.ready
        status |= {"currentReplicas": scale.replicas, "readyReplicas": ready}
    if decision is not None and history is not None:
        estimates = history.learning.estimates
        capacity = autoscaler.spec.capacity_per_replica or estimates.capacity_per_replica
        replicas = scale.replicas if isinstance(scale, Scale) else decision.replicas
        seconds = status_values.wait_seconds(reading.queues, capacity, replicas)
        status |= {
            "wait": status_values.wait(seconds),
            "desiredReplicas": decision.desired,
            "lastActiveTime": status_values.instant(history.last_active + offset),
            "estimates": _estimates(estimates, written_at),
            "timers": timers_status(history.timers(autoscaler.spec, now), offset),
            **_decisions(decision, before, written_at, offset, scaled=scaled),
        }
        if (forecast := _forecast(history, before, offset)) != before.get("forecast"):
            status["forecast"] = forecast
    if job_failures is not None and isinstance(scale, Scale):
        status |= {"originalReplicas": None, "jobs": jobs_status(scale.jobs, job_failures)}
        if decision is not None:
            status |= {
                "desiredReplicas": decision.desired,
                **_decisions(decision, before, written_at, offset, scaled=scaled),
            }
    if scaled:
        status["lastScaleTime"] = status_values.instant(written_at)
    return status


def _queues(
    queues: tuple[QueueReading, ...] | Unknown,
    rates: Mapping[tuple[str, str], tuple[float, float]],
    before: Mapping[str, Any],
    offset: float,
) -> list[Status]:
    if isinstance(queues, Unknown):
        kept = before.get("queues", [])
        return [
            {"vhost": each["vhost"], "name": each["name"], "unknown": queues.reason}
            for each in kept
        ]
    # A queue and a pattern that cannot be read may have one name, and the API server refuses a
    # status that has a key twice.
    by_key: dict[QueueKey, QueueReading] = {}
    for each in queues:
        by_key.setdefault(each.key, each)
    read = islice(by_key.values(), MOST_QUEUES)
    return [_queue(each, rates.get((each.vhost, each.name)), offset) for each in read]


def _queue(reading: QueueReading, rates: tuple[float, float] | None, offset: float) -> Status:
    status: Status = {
        "vhost": reading.vhost,
        "name": reading.name,
        "time": status_values.instant(reading.read_at + offset),
    }
    for field in ("ready", "unacknowledged", "consumers"):
        value = getattr(reading, field)
        if isinstance(value, Unknown):
            status.setdefault("unknown", value.reason)
        else:
            status[field] = value
    if rates is not None and not isinstance(reading.statistics_at, Unknown):
        status["publishRate"], status["ackRate"] = (round(rate, 3) for rate in rates)
    return status


def _estimates(estimates: Estimates, now: float) -> Status:
    values = {field: getattr(estimates, name) for field, (name, *_) in _ESTIMATES.items()}
    values["serviceSeconds"] = estimates.service_seconds
    found = {
        field: None if isinstance(value, Unknown | None) else round(value, 6)
        for field, value in values.items()
    }
    is_any_known = any(value is not None for value in found.values())
    return {**found, "time": status_values.instant(now) if is_any_known else None}


def _decisions(
    decision: Decision, before: Mapping[str, Any], now: float, offset: float, *, scaled: bool
) -> Status:
    """Return the decision if it has another outcome than the last one, or needs another count."""
    last = before.get("lastDecision", {})
    outcome, is_kept = (last.get("to"), last.get("reason")), not decision.changes
    is_same = outcome == (decision.replicas, decision.reason) and not scaled
    is_same = is_same and (is_kept or last.get("from") == decision.current)
    if is_same and _needed(last, before.get("desiredReplicas")) == _needed_by(decision):
        return {}
    new: Status = {
        "time": status_values.instant(now),
        "from": decision.current,
        "to": decision.replicas,
        "reason": str(decision.reason),
        "message": decision.message[:1024],
        "limitedBy": [str(each) for each in decision.limited_by[-16:]],
    }
    if decision.raw is not None:
        new["raw"] = decision.raw
    if decision.until is not None:
        new["until"] = status_values.instant(decision.until + offset)
    decisions = [new, *_lasting(before, now, is_same=is_same)]
    # A merge patch merges mappings: absent fields must be null to be removed.
    last = {"raw": None, "until": None, **new, "steps": [_step(each) for each in decision.steps]}
    return {"lastDecision": last, "decisions": decisions[:_MOST_DECISIONS]}


def _needed_by(decision: Decision) -> tuple[int | None, int | None]:
    """Return the desired count, and the needed one where maxReplicas limits it."""
    is_limited = Reason.TOO_MANY_REPLICAS in decision.limited_by
    return decision.desired, decision.raw if is_limited else None


def _needed(last: Mapping[str, Any], desired: int | None) -> tuple[int | None, int | None]:
    """Return the same of a stored decision."""
    is_limited = Reason.TOO_MANY_REPLICAS in last.get("limitedBy", ())
    return desired, last.get("raw") if is_limited else None


def _lasting(before: Mapping[str, Any], now: float, *, is_same: bool) -> list[Status]:
    """Return the stored decisions, without the newest if it is replaced.

    It is if it changed nothing, and has the outcome of the new one or is recent.
    """
    stored: list[Status] = before.get("decisions", [])
    if not stored or stored[0]["time"] == before.get("lastScaleTime"):
        return stored
    age = now - status_values.seconds_of(stored[0]["time"])
    return stored[1:] if is_same or age < _PASSING_SECONDS else stored


def _step(step: Step) -> Status:
    status: Status = {"stage": str(step.stage), "text": str(step.text)[:512]}
    return status if step.replicas is None else {**status, "replicas": step.replicas}


def conditions_status(
    conditions: Iterable[Condition], autoscaler: Autoscaler, before: Mapping[str, Any], now: float
) -> list[Status]:
    """Return conditions as a status has them; `now` is the time of the system clock."""
    since = {
        (each["type"], each["status"]): each["lastTransitionTime"]
        for each in before.get("conditions", ())
    }
    return [
        {
            "type": each.type,
            "status": each.status,
            "reason": each.reason,
            "message": each.message,
            "observedGeneration": autoscaler.generation,
            "lastTransitionTime": since.get((each.type, each.status), status_values.instant(now)),
        }
        for each in conditions
    ]


def without_absent(status: Mapping[str, Any]) -> Status:
    """Return the status that results from the merge patch."""
    return {
        name: without_absent(value) if isinstance(value, dict) else value
        for name, value in status.items()
        if value is not None
    }
