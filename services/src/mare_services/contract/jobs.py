"""Jobs: playlists that are composed in the background, the events of their way, and batches."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta

from mare_services.contract.callbacks import Callback, CallbackView
from mare_services.contract.suggestion import Suggestion, SuggestionRequest
from mare_services.contract.weather import WeatherReport

JOB_PARKING = "job"
"""The kind of the queues where failed work and its failed results wait for their next delivery."""


class JobState(StrEnum):
    """Where a job is. The last four are terminal."""

    PENDING = "pending"
    RUNNING = "running"
    PARTIAL = "partial"
    """The weather is known, the playlist is not yet."""
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_terminal(self) -> bool:
        return self in (self.COMPLETE, self.FAILED, self.CANCELLED, self.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSubmission:
    """A request for a job."""

    id: str
    """UUIDv7 of the caller. A repeated submission does not create a second job."""
    request: SuggestionRequest
    client: str = ""
    """Owner of the job. An empty text is the anonymous client."""
    idempotency_key: str | None = None
    """The same key with the same request returns the first job."""
    callback: Callback | None = None
    submitter: str = ""
    """What open jobs are counted for: the key or the address of the client, hashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Names a job of a client."""

    id: str
    client: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """Why a job failed: the type of the error and a sentence."""

    type: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHead:
    """What all documents about a job begin with."""

    id: str
    state: JobState
    request: SuggestionRequest
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    """When the record is deleted."""
    attempt: int
    """Counts from 1; a retry is a new attempt."""
    failure: JobFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView(JobHead):
    """A job as its owner sees it."""

    weather: WeatherReport | None = None
    """The partial result: place and weather."""
    result: Suggestion | None = None
    """The complete result."""
    callback: CallbackView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """An event of one attempt at a job."""

    job_id: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAccepted(JobEvent):
    """Event ``jobs.job_accepted``: an attempt at a job waits for a worker."""

    request: SuggestionRequest
    reports_start: bool = False
    """Whether the client wants a callback when a worker has begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChanged(JobEvent):
    """Event ``jobs.job_changed``: a job has a new state. It is transient: a few can be lost."""

    state: JobState
    client: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted(JobEvent):
    """Event ``playlists.job_started``: the work takes longer than a second, or is repeated.

    It is published at once if ``JobAccepted.reports_start`` is set.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherObserved(JobEvent):
    """Event ``playlists.weather_observed``: the partial result."""

    report: WeatherReport


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistComposed(JobEvent):
    """Event ``playlists.playlist_composed``: the complete result."""

    suggestion: Any
    """A ``Suggestion`` as plain JSON."""
    report: WeatherReport | None = None
    """The partial result again: this event can overtake ``weather_observed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistFailed(JobEvent):
    """Event ``playlists.playlist_failed``: this attempt has no result."""

    failure: JobFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class JobListQuery:
    """A page of the jobs of a client."""

    client: str = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None
    """``next_cursor`` of the page before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary(JobHead):
    """A job in a list, without weather and result."""

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
    jobs: Annotated[tuple[BatchItem, ...], Meta(min_length=1, max_length=100)]
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
    """When the record of the batch is deleted, with that of its last job."""
    progress: dict[str, int]
    """Number of jobs in each state, of ``ended`` jobs, and in ``total``."""
    jobs: tuple[BatchJob, ...]
    """In the order of the submission."""
