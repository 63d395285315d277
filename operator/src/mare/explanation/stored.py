"""The facts of an object as the API server keeps it: what was written last, with its times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mare.custom_resource import status_values
from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.conditions import Condition
from mare.custom_resource.status import read_estimates
from mare.domain.clause import Clause
from mare.domain.decision import Decision, Stage, Step
from mare.domain.observation import QueueReading
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown
from mare.explanation.facts import Facts, patience

_NOT_WRITTEN = Unknown("NotWritten", "no operator has written a status yet")


class Source(StrEnum):
    """What keeps decisions."""

    STATUS = "status"
    EVENTS = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision, when it was made, and what has kept it."""

    at: float
    decision: Decision
    source: Source = Source.STATUS


def facts_of_object(body: Mapping[str, Any], now: float) -> Facts:
    """Read an object with all its defaults; raises ValueError if a newer operator wrote it."""
    autoscaler = read_autoscaler(body)
    status = autoscaler.status
    queues = _queues(status)
    estimates = read_estimates(status)
    capacity = autoscaler.policy.capacity_per_replica or estimates.capacity_per_replica
    asked, ready = status.get("currentReplicas"), status.get("readyReplicas")
    last = status.get("lastDecision")
    since = _moment(status.get("lastScaleTime") or body["metadata"].get("creationTimestamp"))
    short = asked is not None and ready is not None and ready < asked
    return Facts(
        key=autoscaler.key,
        target=autoscaler.target,
        policy=autoscaler.policy,
        at=written_at(body),
        asked=asked,
        ready=ready,
        decision=_decision(last) if last else None,
        queues=queues,
        depth=status.get("depth"),
        wait_seconds=status_values.wait_seconds(queues, capacity, asked or 0),
        estimates=estimates,
        conditions=tuple(
            Condition(each["type"], each["status"], each["reason"], each["message"])
            for each in status.get("conditions", ())
        ),
        pending=short and since is not None and now - since > patience(estimates),
    )


def written_at(body: Mapping[str, Any]) -> float:
    """The newest moment in a status, 0 if there is none."""
    return max(_times(body.get("status") or {}), default=0.0)


def recorded(body: Mapping[str, Any]) -> tuple[Recorded, ...]:
    """The decisions that the status has, newest first; only the newest has its trace."""
    status = body.get("status") or {}
    last = status.get("lastDecision")
    ring = status.get("decisions", [])
    told = [last, *ring[1:]] if last else ring
    return tuple(
        Recorded(at=status_values.seconds_of(d["time"]), decision=_decision(d)) for d in told
    )


def _decision(told: Mapping[str, Any]) -> Decision:
    message = told["message"]
    return Decision(
        current=told["from"],
        raw=told.get("raw"),
        replicas=told["to"],
        reason=Reason(told["reason"]),
        message=message,
        clauses=(Clause("recorded", message),),
        steps=tuple(
            Step(Stage(step["stage"]), step.get("replicas"), Clause("recorded", step["text"]))
            for step in told.get("steps", ())
        ),
        limited_by=tuple(Reason(each) for each in told.get("limitedBy", ())),
        until=_moment(told.get("until")),
    )


def _queues(status: Mapping[str, Any]) -> tuple[QueueReading, ...] | Unknown:
    if "queues" not in status:
        return _NOT_WRITTEN
    return tuple(_queue(each) for each in status["queues"])


def _queue(told: Mapping[str, Any]) -> QueueReading:
    why = Unknown(told.get("unknown", "NotReported"), f"queue {told['name']} could not be read")
    at = _moment(told.get("time")) or 0.0
    return QueueReading(
        name=told["name"],
        vhost=told["vhost"],
        read_at=at,
        ready=told.get("ready", why),
        consumers=told.get("consumers", why),
        statistics_at=at if "unacknowledged" in told else why,
        unacknowledged=told.get("unacknowledged", why),
    )


def _times(status: Mapping[str, Any]) -> Iterator[float]:
    """Moments at which something of the status was seen."""
    told = [*status.get("queues", ()), status.get("estimates", {}), status.get("lastDecision", {})]
    for each in told:
        if "time" in each:
            yield status_values.seconds_of(each["time"])


def _moment(text: str | None) -> float | None:
    return None if text is None else status_values.seconds_of(text)
