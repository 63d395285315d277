"""Several jobs at once: lists of a client's jobs, and batches that are submitted together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from mare_services.contract.callbacks import Callback
from mare_services.contract.jobs import JobFailure, JobState
from mare_services.contract.suggestion import SuggestionRequest

LARGEST_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class JobListQuery:
    """A page of the jobs of a client."""

    client: str = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None
    """``next_cursor`` of the page before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """A job in a list, without weather and result."""

    id: str
    state: JobState
    request: SuggestionRequest
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    """When the record is deleted."""
    attempt: int
    failure: JobFailure | None = None
    batch_id: str | None = None
    """The batch that the job belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobList:
    """Jobs of a client, newest first."""

    jobs: tuple[JobSummary, ...]
    next_cursor: str | None = None
    """Returns the next page; absent on the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One job of a batch."""

    id: str
    """UUIDv7 of the caller."""
    request: SuggestionRequest
    callback: Callback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSubmission:
    """Jobs that are accepted together: all of them or none."""

    id: str
    """UUIDv7 of the caller. A repeated submission does not create a second batch."""
    jobs: Annotated[tuple[BatchItem, ...], Meta(min_length=1, max_length=LARGEST_BATCH)]
    client: str = ""
    idempotency_key: str | None = None
    """The same key with the same requests returns the first batch."""
    submitter: str = ""
    """As in ``JobSubmission``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """State of one job of a batch."""

    id: str
    state: JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch as its owner sees it."""

    id: str
    state: JobState
    """``pending`` until a job has begun, ``running`` until all have ended. Then ``complete`` if a
    job is complete, ``cancelled`` if all are cancelled, else ``failed``."""
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    """When the record of the batch is deleted."""
    progress: dict[str, int]
    """Number of jobs in each state, of ``ended`` jobs, and in ``total``."""
    jobs: tuple[BatchJob, ...]
    """In the order of the submission."""
