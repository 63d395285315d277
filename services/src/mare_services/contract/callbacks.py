"""Callbacks: reports of a job by HTTP to its client, and the events that lead to them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

CALLBACK_QUEUE = "evt-jobs-callback_due--webhooks.deliver"
"""The queue of callbacks, as Nameko names it."""


class CallbackType(StrEnum):
    """What a callback reports: the job has reached this state."""

    STARTED = "job.started"
    WEATHER = "job.weather"
    """The weather is known, the playlist is not yet."""
    COMPLETE = "job.complete"
    FAILED = "job.failed"
    CANCELLED = "job.cancelled"
    EXPIRED = "job.expired"


ENDS = (
    CallbackType.COMPLETE,
    CallbackType.FAILED,
    CallbackType.CANCELLED,
    CallbackType.EXPIRED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """The URL of the callbacks of a job, and their types."""

    url: str
    events: tuple[CallbackType, ...] = ENDS


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """The callbacks of a job, as everyone with its id sees them."""

    destination: str
    """Scheme, host and port. The path of a URL is often a secret."""
    events: tuple[CallbackType, ...]
    ended: bool = False
    """Whether the receiver has refused further callbacks with 410."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryProgress:
    """What has become of a callback so far; it travels with the message."""

    attempts: int = 0
    step: int = 0
    """Delays of the schedule that are used up. A replay starts at 0 again."""
    deferred: int = 0
    """Times in a row that the bounds of the destination postponed the attempt."""
    not_before: float = 0.0
    """Seconds since the epoch."""
    since: float = 0.0
    """Start of the schedule, in seconds since the epoch; 0 before the first attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDue:
    """Event ``jobs.callback_due``: a callback that its client wants."""

    webhook_id: str
    """The same for all attempts."""
    job_id: str
    type: CallbackType
    url: str
    payload: Any
    """The body: ``type``, ``timestamp`` and ``data``, a ``JobView``."""
    first: bool = False
    """No callback of the job can have been sent before, so that no receiver has ended them."""
    progress: DeliveryProgress = field(default_factory=DeliveryProgress)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbacksEnded:
    """Whether the receiver of a job has answered 410: its callbacks have ended."""

    ended: bool


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not sent, because earlier callbacks to the same destination failed."""
    GONE = "gone"
    """The receiver answered 410, to this callback or to an earlier one: no further callbacks of
    this job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver a callback."""

    webhook_id: str
    type: CallbackType
    number: int
    """Counts from 1."""
    at: datetime
    outcome: Outcome
    status: int | None = None
    """HTTP status of the receiver."""
    detail: str = ""
    seconds: float = 0.0
    """Duration of the attempt."""
    next_at: datetime | None = None
    """When the next attempt is due; none after a success and after the last attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryList:
    """The delivery log of a job, oldest first."""

    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAttempted:
    """Event ``webhooks.callback_attempted``."""

    job_id: str
    delivery: Delivery
