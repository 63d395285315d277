"""The changes that Events of an object tell of, for the time before its status begins."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mare.custom_resource.words import seconds_of
from mare.domain.clause import Clause
from mare.domain.decision import Decision
from mare.domain.reason import Reason
from mare.explanation.stored import Recorded, Source

_CHANGE = re.compile(r"(\d+) → (\d+) replicas?[:.]")


def changes_of(events: Iterable[Mapping[str, Any]]) -> tuple[Recorded, ...]:
    """Changes that were carried out, newest first; an Event has neither the trace nor the sum."""
    return tuple(sorted(_changes(events), key=lambda each: each.at, reverse=True))


def _changes(events: Iterable[Mapping[str, Any]]) -> Iterator[Recorded]:
    for event in events:
        note = event.get("note", "")
        counts = _CHANGE.match(note)
        if counts is None or event["type"] != "Normal" or event["reason"] not in set(Reason):
            continue
        decision = Decision(
            current=int(counts[1]),
            raw=None,
            replicas=int(counts[2]),
            reason=Reason(event["reason"]),
            message=note,
            clauses=(Clause("recorded", note),),
            steps=(),
        )
        at = seconds_of(event["eventTime"])
        yield Recorded(at=at, decision=decision, source=Source.EVENTS)
