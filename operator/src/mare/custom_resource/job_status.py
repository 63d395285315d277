"""The Jobs of an object in its status, and what the next leader continues of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from mare.custom_resource import status_values
from mare.domain.count import MAX_COUNT
from mare.domain.job_failures import JobFailures
from mare.domain.jobs import Job, JobState

_FIRST, _LAST = 0.0, 253_402_214_400.0
"""The years 1970 and 9999: other times cannot be written again."""


def jobs_status(jobs: Iterable[Job], failures: JobFailures) -> dict[str, Any]:
    states = [each.state for each in jobs]
    until = failures.counted_until
    return {
        "starting": states.count(JobState.STARTING),
        "running": states.count(JobState.RUNNING),
        "succeeded": failures.succeeded,
        "failed": failures.failed,
        "failuresInTurn": failures.in_turn,
        "failedAtOnce": failures.at_once,
        "lastFailureTime": None if failures.last is None else status_values.instant(failures.last),
        "lastFinishTime": status_values.instant(until) if until > _FIRST else None,
    }


def read_failures(status: Mapping[str, Any]) -> JobFailures:
    """Return what a status keeps of Jobs that ended. A value that no operator writes is 0."""
    stored = status.get("jobs", {})
    last = _time(stored.get("lastFailureTime"))
    finished = _time(stored.get("lastFinishTime"))
    return JobFailures(
        in_turn=_count(stored.get("failuresInTurn")) if last is not None else 0,
        last=last,
        at_once=stored.get("failedAtOnce") is True,
        succeeded=_count(stored.get("succeeded")),
        failed=_count(stored.get("failed")),
        counted_until=float("-inf") if finished is None else finished,
    )


def _count(value: object) -> int:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT
    return value if is_count and isinstance(value, int) else 0


def _time(text: object) -> float | None:
    try:
        seconds = status_values.seconds_of(str(text))
    except (ValueError, OverflowError):
        return None
    return seconds if _FIRST <= seconds <= _LAST else None
