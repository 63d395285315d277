"""A batch: the state that follows from the states of its jobs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mare_services.contract.jobs import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Jobs that were submitted together."""

    id: str
    client: str
    idempotency_key: str | None
    created_at: datetime
    retained_until: datetime


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    state: JobState
    updated_at: datetime
    retained_until: datetime


def state_of(members: Sequence[Member]) -> JobState:
    states = {member.state for member in members}
    if states == {JobState.PENDING}:
        return JobState.PENDING
    if not all(state.is_terminal for state in states):
        return JobState.RUNNING
    if JobState.COMPLETE in states:
        return JobState.COMPLETE
    return JobState.CANCELLED if states == {JobState.CANCELLED} else JobState.FAILED


def view(batch: Batch, members: Sequence[Member]) -> Any:
    """Return the ``BatchView``, as plain JSON."""
    counts = Counter(member.state for member in members)
    changes = (member.updated_at for member in members)
    ends = (member.retained_until for member in members)
    return {
        "id": batch.id,
        "state": state_of(members).value,
        "created_at": batch.created_at.isoformat(),
        "updated_at": max(changes, default=batch.created_at).isoformat(),
        "expires_at": max(ends, default=batch.retained_until).isoformat(),
        "progress": {
            "total": len(members),
            "ended": sum(counts[state] for state in JobState if state.is_terminal),
            **{state.value: counts[state] for state in JobState},
        },
        "jobs": [{"id": member.id, "state": member.state.value} for member in members],
    }
