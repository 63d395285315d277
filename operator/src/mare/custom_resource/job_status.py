"""The Jobs of an object in its status, and what the next leader continues of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from mare.custom_resource.status_values import instant, read_count, read_time
from mare.domain.job_failures import JobFailures
from mare.domain.jobs import Job, JobState


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
        "lastFailureTime": None if failures.last is None else instant(failures.last),
        "lastFinishTime": instant(until) if until > 0 else None,
    }


def read_failures(status: Mapping[str, Any]) -> JobFailures:
    """Return what a status keeps of Jobs that ended. A value that no operator writes is 0."""
    stored = status.get("jobs", {})
    last = read_time(stored.get("lastFailureTime"))
    finished = read_time(stored.get("lastFinishTime"))
    return JobFailures(
        in_turn=(read_count(stored.get("failuresInTurn")) or 0) if last is not None else 0,
        last=last,
        at_once=stored.get("failedAtOnce") is True,
        succeeded=read_count(stored.get("succeeded")) or 0,
        failed=read_count(stored.get("failed")) or 0,
        counted_until=float("-inf") if finished is None else finished,
    )
