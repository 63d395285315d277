"""The life of jobs: what clients and events change, over any store."""

from collections.abc import Callable, Iterable, Sequence
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
BEGUN_FACTOR = 6
"""A job that has begun is stalled after this multiple of the time: a failed event is parked for up
to 191 s in all before its last retry, and each of its 6 attempts can take 20 s."""


@dataclass(eq=False)
class JobLifecycle:
    """Applies the rules of jobs to a store. All methods block on the store."""

    store: JobStore
    _: KW_ONLY
    terms: Terms
    stalled_after: timedelta
    redeliveries: int
    clock: Callable[[], datetime]

    def accept(self, submitted: JobSubmission, callback: Any = None) -> Job:
        """Store a job durably; return the first one for a repeated id or key.

        Raises IdempotencyKeyReused or TooManyOpenJobs.
        """
        job = new_job(submitted, callback, self.clock(), self.terms)
        return self.store.accept(Change(job, (accepted_event(job),)))

    def get(self, job_id: str, client: str) -> Job:
        """Return a job of `client`; raise JobNotFound, also for the job of another client."""
        job = self.store.get(job_id)
        return _existing(job if job and job.client == client else None)

    def cancel(self, job_id: str, client: str) -> Job:
        """End a job without a result; a cancelled job stays as it is."""
        self.get(job_id, client)

        def cancelled(job: Job) -> Job | None:
            if job.state is JobState.CANCELLED:
                return None
            return move_to(job, JobState.CANCELLED, self.clock(), self.terms)

        return _existing(self._move(job_id, cancelled))

    def retry(self, job_id: str, client: str) -> Job:
        """Start another attempt at a job that ended without a result; raise TooManyOpenJobs.

        An attempt that has not begun stays as it is: the request may be delivered twice.
        """
        self.get(job_id, client)

        def retried(job: Job) -> Job | None:
            if job.state is JobState.PENDING and job.attempt > 1:
                return None
            return retry(job, self.clock(), self.terms)

        return _existing(self._move(job_id, retried))

    def record(self, job_id: str, attempt: int, state: JobState, **fields: Any) -> Job | None:
        """Record what a worker reports; None for an unknown job."""
        return self._move(
            job_id, lambda job: record(job, attempt, state, self.clock(), self.terms, **fields)
        )

    def sweep(self) -> dict[str, int]:
        """Expire overdue jobs and delete old records; return how many."""
        now = self.clock()
        overdue = self.store.overdue(now, BATCH)
        return {
            "expired": sum(self._expire(job_id, now) for job_id in overdue),
            "deleted": self.store.delete_expired(now),
        }

    def stalled(self) -> Sequence[str]:
        """Return ids of jobs that have not changed for long: they wait, or their event is lost."""
        return self.store.stalled(self.clock() - self.stalled_after, self.redeliveries, BATCH)

    def redeliver(self, stalled: Iterable[str]) -> int:
        """Publish the events of stalled jobs again; return how many."""
        now = self.clock()
        return sum(self._redeliver(job_id, now) for job_id in stalled)

    def _expire(self, job_id: str, now: datetime) -> bool:
        def expired(job: Job) -> Job | None:
            if job.state.is_terminal or job.deadline > now:
                return None
            return move_to(job, JobState.EXPIRED, now, self.terms)

        job = self._move(job_id, expired)
        return job is not None and job.state is JobState.EXPIRED

    def _redeliver(self, job_id: str, now: datetime) -> bool:
        """Publish a stalled job again; the wait doubles each time."""
        published = False

        def decide(job: Job) -> Change | None:
            nonlocal published
            wait = self.stalled_after * 2**job.redelivered
            if job.state is not JobState.PENDING:
                wait *= BEGUN_FACTOR
            if job.state.is_terminal or job.updated_at > now - wait:
                return None
            if job.redelivered >= self.redeliveries:
                return None
            published = True
            again = replace(job, redelivered=job.redelivered + 1, updated_at=self.clock())
            return Change(again, (accepted_event(again),))

        self.store.change(job_id, decide)
        return published

    def _move(self, job_id: str, move: Callable[[Job], Job | None]) -> Job | None:
        """Store what `move` makes of a job, with its events; None for an unknown job."""

        def decide(job: Job) -> Change | None:
            moved = move(job)
            return Change(moved, change_events(moved, job)) if moved else None

        return self.store.change(job_id, decide)


def _existing(job: Job | None) -> Job:
    if job is None:
        raise JobNotFound(NO_JOB)
    return job
