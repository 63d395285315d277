"""The changes in the Events of an object, which go further back than its status."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mare.custom_resource.autoscaler import FROM_REPLICAS, TO_REPLICAS
from mare.custom_resource.status_values import seconds_of
from mare.domain.clause import Clause
from mare.domain.decision import Decision
from mare.domain.reason import Reason
from mare.explanation.stored import Recorded, Source


def changes_of(events: Iterable[Mapping[str, Any]]) -> tuple[Recorded, ...]:
    """Return the changes that were carried out, newest first. An Event has no trace."""
    return tuple(sorted(_changes(events), key=lambda each: each.at, reverse=True))


def _changes(events: Iterable[Mapping[str, Any]]) -> Iterator[Recorded]:
    for event in events:
        note = event.get("note", "")
        annotations = event["metadata"].get("annotations") or {}
        if TO_REPLICAS not in annotations or event["reason"] not in set(Reason):
            continue
        decision = Decision(
            current=int(annotations[FROM_REPLICAS]),
            raw=None,
            replicas=int(annotations[TO_REPLICAS]),
            reason=Reason(event["reason"]),
            message=note,
            clauses=(Clause("recorded", note),),
            steps=(),
        )
        at = seconds_of(event["eventTime"])
        yield Recorded(at=at, decision=decision, source=Source.EVENTS)
