"""The life of jobs: what clients and events change, over any store."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mare_services.contract.errors import JobNotFound
from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs.domain.job import (
    Job,
    Terms,
    accepted_event,
    move_to,
    new_job,
    record,
    retry,
)
from mare_services.jobs.domain.view import change_events
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Change

NO_JOB = "There is no such job, or its record has expired."
BATCH = 100
"""Jobs that one transaction of a sweep changes."""
LATE = 10
"""Jobs that a sweep publishes again while events wait at the broker: theirs may be among them. An
overload in which all jobs wait for ten minutes gets 2 more jobs a second from each replica."""


@dataclass(eq=False)
class JobLifecycle:
    """Applies the rules of jobs to a store. All methods block on the store."""

    store: JobStore
    _: KW_ONLY
    terms: Terms
    stalled_after: timedelta
    redeliveries: int
    clock: Callable[[], datetime]
    context: Callable[[], Mapping[str, Any] | None] = lambda: None
    """Returns request id and trace of the message that is handled, as headers."""

    def accept(self, submitted: JobSubmission, callback: Any = None) -> Job:
        """Store a job durably; return the first one for a repeated id or key.

        Raises IdempotencyKeyReused or TooManyOpenJobs.
        """
        job = new_job(submitted, callback, self.clock(), self.terms, self.context())
        return self.store.accept(Change(job, (accepted_event(job),), job.context))

    def get(self, job_id: str, client: str) -> Job:
        """Return a job of `client`; raise JobNotFound, also for the job of another client."""
        job = self.store.get(job_id)
        return _existing(job if job and job.client == client else None)

    def cancel(self, job_id: str, client: str) -> Job:
        """End a job without a result; a cancelled job stays as it is."""

        def cancelled(job: Job) -> Job | None:
            if job.state is JobState.CANCELLED:
                return None
            return move_to(job, JobState.CANCELLED, self.clock(), self.terms)

        return _existing(self._move(job_id, cancelled, client))

    def retry(self, job_id: str, client: str) -> Job:
        """Start another attempt at a job that ended without a result; raise TooManyOpenJobs.

        An attempt that has not begun stays as it is: the request may be delivered twice.
        """

        def retried(job: Job) -> Job | None:
            if job.state is JobState.PENDING and job.attempt > 1:
                return None
            return retry(job, self.clock(), self.terms)

        return _existing(self._move(job_id, retried, client))

    def record(self, job_id: str, attempt: int, state: JobState, **fields: Any) -> Job | None:
        """Record what a worker reports; None for an unknown job."""
        return self._move(
            job_id, lambda job: record(job, attempt, state, self.clock(), self.terms, **fields)
        )

    def delete_expired(self) -> int:
        """Delete old records; return how many."""
        return self.store.delete_expired(self.clock())

    def expire(self) -> int:
        """Expire overdue jobs; return how many, at most `BATCH`."""
        now = self.clock()

        def expired(job: Job) -> Change:
            moved = move_to(job, JobState.EXPIRED, now, self.terms)
            return Change(moved, change_events(moved, job), job.context)

        return self.store.change_overdue(now, BATCH, expired)

    def has_stalled(self) -> bool:
        """Return whether a job has not changed for long: it waits, or its event is lost."""
        return self.store.has_stalled(self.clock(), self.stalled_after, self.redeliveries)

    def redeliver(self) -> int:
        """Publish the events of stalled jobs again; return how many, at most `BATCH`."""
        return self._redeliver(BATCH)

    def redeliver_late(self) -> int:
        """Publish again the events of stalled jobs that expire in a third of their time or less.

        Returns how many, at most `LATE`.
        """
        return self._redeliver(LATE, self.clock() + self.terms.duration / 3)

    def _redeliver(self, limit: int, deadline: datetime | None = None) -> int:
        now = self.clock()

        def redelivered(job: Job) -> Change:
            again = replace(job, redelivered=job.redelivered + 1, updated_at=now)
            return Change(again, (accepted_event(again),), job.context)

        return self.store.change_stalled(
            now, self.stalled_after, self.redeliveries, limit, redelivered, deadline=deadline
        )

    def _move(
        self, job_id: str, move: Callable[[Job], Job | None], client: str | None = None
    ) -> Job | None:
        """Store what `move` makes of a job, with its events; None for an unknown job.

        Raises JobNotFound if the job is not that of `client`.
        """

        def decide(job: Job) -> Change | None:
            if client is not None and job.client != client:
                raise JobNotFound(NO_JOB)
            moved = move(job)
            return Change(moved, change_events(moved, job), self.context()) if moved else None

        return self.store.change(job_id, decide)


def _existing(job: Job | None) -> Job:
    if job is None:
        raise JobNotFound(NO_JOB)
    return job
