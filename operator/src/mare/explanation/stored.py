"""The facts and decisions of an object from its stored status."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mare.custom_resource import status_values
from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.condition import Condition
from mare.custom_resource.status import read_estimates
from mare.custom_resource.stored_timers import read_timers
from mare.domain.clause import Clause
from mare.domain.decision import Decision, Stage, Step
from mare.domain.observation import QueueReading
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown
from mare.explanation.facts import Facts, pending_seconds

_NOT_WRITTEN = Unknown("NotWritten", "no operator has written a status yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    at: float
    decision: Decision


def facts_of_stored(autoscaler: Autoscaler, now: float) -> Facts:
    """Return the facts of an object as its status has them; raise ValueError if it is newer."""
    status = autoscaler.status
    queues = _queues(status)
    estimates = read_estimates(status)
    capacity = autoscaler.spec.capacity_per_replica or estimates.capacity_per_replica
    requested, ready = status.get("currentReplicas"), status.get("readyReplicas")
    last = status.get("lastDecision")
    since = _moment(status.get("lastScaleTime") or autoscaler.created or None)
    short = requested is not None and ready is not None and ready < requested
    starting = read_timers(status, 0.0).starting
    return Facts(
        key=autoscaler.key,
        target=autoscaler.target,
        spec=autoscaler.spec,
        at=max(_times(status), default=0.0),
        requested=requested,
        ready=ready,
        decision=_decision(last, status.get("desiredReplicas")) if last else None,
        queues=queues,
        depth=status.get("depth"),
        wait_seconds=status_values.wait_seconds(queues, capacity, requested or 0),
        estimates=estimates,
        conditions=tuple(
            Condition(each["type"], each["status"], each["reason"], each["message"])
            for each in status.get("conditions", ())
        ),
        pending=short and since is not None and now - since > pending_seconds(estimates),
        uncounted=starting.uncounted if starting else 0,
    )


def written_at(body: Mapping[str, Any]) -> float:
    """Return the newest time in a status; 0 without any."""
    return max(_times(body.get("status") or {}), default=0.0)


def recorded(body: Mapping[str, Any]) -> tuple[Recorded, ...]:
    """Return the decisions in the status, newest first. Only the newest has a trace."""
    status = body.get("status") or {}
    last = status.get("lastDecision")
    older = status.get("decisions", [])
    stored = [last, *older[1:]] if last else older
    return tuple(
        Recorded(at=status_values.seconds_of(d["time"]), decision=_decision(d)) for d in stored
    )


def _decision(stored: Mapping[str, Any], desired: int | None = None) -> Decision:
    message = stored["message"]
    return Decision(
        current=stored["from"],
        raw=stored.get("raw"),
        desired=stored["to"] if desired is None else desired,
        replicas=stored["to"],
        reason=Reason(stored["reason"]),
        message=message,
        clauses=(Clause("recorded", message),),
        steps=tuple(
            Step(Stage(step["stage"]), step.get("replicas"), Clause("recorded", step["text"]))
            for step in stored.get("steps", ())
        ),
        limited_by=tuple(Reason(each) for each in stored.get("limitedBy", ())),
        until=_moment(stored.get("until")),
    )


def _queues(status: Mapping[str, Any]) -> tuple[QueueReading, ...] | Unknown:
    if "queues" not in status:
        return _NOT_WRITTEN
    return tuple(_queue(each) for each in status["queues"])


def _queue(stored: Mapping[str, Any]) -> QueueReading:
    why = Unknown(stored.get("unknown", "NotReported"), f"queue {stored['name']} could not be read")
    at = _moment(stored.get("time")) or 0.0
    return QueueReading(
        name=stored["name"],
        vhost=stored["vhost"],
        read_at=at,
        ready=stored.get("ready", why),
        consumers=stored.get("consumers", why),
        statistics_at=at if "unacknowledged" in stored else why,
        unacknowledged=stored.get("unacknowledged", why),
    )


def _times(status: Mapping[str, Any]) -> Iterator[float]:
    stored = [
        *status.get("queues", ()),
        status.get("estimates", {}),
        status.get("lastDecision", {}),
    ]
    for each in stored:
        if "time" in each:
            yield status_values.seconds_of(each["time"])


def _moment(text: str | None) -> float | None:
    return None if text is None else status_values.seconds_of(text)
