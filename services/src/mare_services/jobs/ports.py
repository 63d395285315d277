"""What the service needs of a store of jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mare_services.jobs.domain.batch import Batch, Member
from mare_services.jobs.domain.job import Job, OutboxEvent


class IdempotencyConflict(Exception):
    """Raised when a client repeats an idempotency key with another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event of the outbox; `message_id` is the same each time it is published."""

    message_id: str
    type: str
    data: Any


@dataclass(frozen=True, slots=True)
class Change:
    """The new record of a job, and the events to publish because of it."""

    job: Job
    events: tuple[OutboxEvent, ...] = ()


Decide = Callable[[Job], Change | None]


class JobStore(Protocol):
    """Durable records of jobs. Each method is one transaction, and returns when it is on disk."""

    def accept(self, change: Change) -> Job:
        """Store a new job with its events; return the first job of its id or idempotency key.

        Raises:
            IdempotencyConflict: the client used the key for another request.
            TooManyOpenJobs: too many jobs of the submitter have not ended.
        """
        ...

    def get(self, job_id: str) -> Job | None: ...

    def change(self, job_id: str, decide: Decide, *, message_id: str | None = None) -> Job | None:
        """Read a job, apply `decide`, write the result; return the record afterwards.

        A `message_id` that was applied before changes nothing. Returns None for an unknown job.
        Raises TooManyOpenJobs if it opens a job again that is one too many.
        """
        ...

    def claim_events(
        self, now: datetime, until: datetime, limit: int, kind: str | None = None
    ) -> Sequence[StoredEvent]:
        """Return the oldest events of the outbox, of one type if given.

        No other caller gets them until ``until``.
        """
        ...

    def forget_published(self, message_ids: Sequence[str]) -> None:
        """Remove events from the outbox that the broker has confirmed."""
        ...

    def stalled(self, unchanged_since: datetime, redeliveries: int, limit: int) -> Sequence[str]:
        """Return ids of unfinished jobs without a change since then and fewer redeliveries."""
        ...

    def overdue(self, now: datetime, limit: int) -> Sequence[str]:
        """Return ids of unfinished jobs whose deadline has passed."""
        ...

    def delete_expired(self, now: datetime) -> int:
        """Delete records and inbox entries whose retention has passed; return how many jobs."""
        ...

    def close(self) -> None: ...


class BatchStore(Protocol):
    """Durable records of batches, and lists of jobs. Each method is one transaction."""

    def accept(self, batch: Batch, changes: Sequence[Change]) -> tuple[Batch, Sequence[Member]]:
        """Store a batch, its jobs and their events; return the first of its id or key.

        Raises:
            IdempotencyConflict: the client used the key for other requests.
            TooManyOpenJobs: too many jobs of the submitter would not have ended.
        """
        ...

    def get(self, batch_id: str) -> tuple[Batch, Sequence[Member]] | None:
        """Return a batch and its jobs in the order of the submission."""
        ...

    def list_jobs(
        self, client: str, before: str | None, limit: int
    ) -> Sequence[tuple[Job, str | None]]:
        """Return jobs of a client with an id below `before`, newest first, and their batches."""
        ...

    def delete_expired(self, now: datetime) -> int:
        """Delete batches whose retention has passed, but not their jobs; return how many."""
        ...


class DeliveryLog(Protocol):
    """Attempts to deliver the callbacks of jobs. Each method is one transaction."""

    def add(self, job_id: str, delivery: Any) -> None:
        """Store a ``Delivery`` once; its webhook id and number identify it."""
        ...

    def of(self, job_id: str) -> Sequence[Any]:
        """Return the deliveries of a job, oldest first, at most 200."""
        ...
