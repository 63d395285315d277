"""A job and the changes that its events make."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mare_services.contract import wire
from mare_services.contract.callbacks import CallbackType
from mare_services.contract.errors import JobNotChangeable
from mare_services.contract.jobs import JobState, JobSubmission

_ENDS = {state for state in JobState if state.is_terminal}
_NEXT: dict[JobState, set[JobState]] = {
    JobState.PENDING: {JobState.RUNNING, JobState.PARTIAL, *_ENDS},
    JobState.RUNNING: {JobState.PARTIAL, *_ENDS},
    JobState.PARTIAL: _ENDS,
    JobState.COMPLETE: set(),
    JobState.FAILED: {JobState.PENDING},
    JobState.CANCELLED: {JobState.PENDING},
    JobState.EXPIRED: {JobState.PENDING},
}
"""Legal transitions. Events can overtake each other, so a state may be skipped."""

BEGUN_FACTOR = 6
"""A job that has begun is stalled after this multiple of the time: a failed event is parked for up
to 191 s in all before its last retry, and each of its 6 attempts can take 20 s."""

MAX_OPEN = 1_000
"""Jobs of one submitter that have not ended."""

MAX_ATTEMPTS = 100
"""Attempts at one job. Each prolongs the retention, and adds up to 54 rows of deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the store holds it; the documents are plain JSON.

    Attributes:
        attempt: counts from 1; results of earlier attempts are ignored.
        deadline: when the job expires unless it ends before.
        retained_until: when the record is deleted; set when the job ends.
        redelivered: times that the sweeper published this attempt again.
        callback: ``url``, ``events``, ``destination`` and ``ended``, or None.
        submitter: what open jobs are counted for.
        context: request id and trace of the submission, as headers; None if they are not known.
    """

    id: str
    client: str
    request: Any
    created_at: datetime
    updated_at: datetime
    deadline: datetime
    retained_until: datetime
    state: JobState = JobState.PENDING
    attempt: int = 1
    redelivered: int = 0
    idempotency_key: str | None = None
    weather: Any = None
    result: Any = None
    failure: Any = None
    callback: Any = None
    submitter: str = ""
    context: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a job may take, and how long its record is kept after its end."""

    duration: timedelta = timedelta(minutes=15)
    retention: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Event:
    """An event to publish after the change that causes it.

    Attributes:
        durable: whether it is stored in the outbox, in the transaction of the change.
    """

    type: str
    data: Any = field(hash=False)
    durable: bool = True


def new_job(
    submitted: JobSubmission, callback: Any, now: datetime, terms: Terms, context: Any = None
) -> Job:
    """Return the job of a submission; ``callback`` is what it holds of the callback."""
    return Job(
        id=submitted.id,
        client=submitted.client,
        request=wire.write(submitted.request),
        idempotency_key=submitted.idempotency_key,
        callback=callback,
        submitter=submitted.submitter or submitted.client,
        context=context,
        created_at=now,
        updated_at=now,
        deadline=now + terms.duration,
        retained_until=now + terms.duration + terms.retention,
    )


def accepted_event(job: Job) -> Event:
    """Return the event that makes a worker take the current attempt."""
    data = {"job_id": job.id, "attempt": job.attempt, "request": job.request}
    if job.callback is not None and CallbackType.STARTED in job.callback["events"]:
        data["reports_start"] = True
    return Event("job_accepted", data)


def changed_event(job: Job) -> Event:
    """Return the event of a new state, for streams. A stream that misses it reads the job later."""
    data = {
        "job_id": job.id,
        "attempt": job.attempt,
        "state": job.state.value,
        "client": job.client,
        "updated_at": job.updated_at.isoformat(),
    }
    return Event("job_changed", data, durable=False)


def move_to(job: Job, state: JobState, now: datetime, terms: Terms, **fields: Any) -> Job:
    """Return the job in `state`; raise JobNotChangeable if it cannot follow the current one."""
    if state not in _NEXT[job.state]:
        raise JobNotChangeable(
            f"A job that is {job.state} cannot become {state}.", {"state": job.state.value}
        )
    if state.is_terminal:
        fields["retained_until"] = now + terms.retention
    return replace(job, state=state, updated_at=now, **fields)


def record(
    job: Job, attempt: int, state: JobState, now: datetime, terms: Terms, **fields: Any
) -> Job | None:
    """Return the job after an event; None after the end, and for other attempts or repeats."""
    if attempt != job.attempt or state not in _NEXT[job.state]:
        return None
    return move_to(job, state, now, terms, **fields)


def retry(job: Job, now: datetime, terms: Terms) -> Job:
    """Return the job as a new attempt; raise JobNotChangeable unless it ended without a result."""
    if job.attempt >= MAX_ATTEMPTS:
        raise JobNotChangeable(
            f"A job has {MAX_ATTEMPTS} attempts at most. Submit it again.",
            {"state": job.state.value},
        )
    return move_to(
        job,
        JobState.PENDING,
        now,
        terms,
        attempt=job.attempt + 1,
        redelivered=0,
        weather=None,
        failure=None,
        deadline=now + terms.duration,
        retained_until=now + terms.duration + terms.retention,
    )
