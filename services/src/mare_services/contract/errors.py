"""Errors that cross the wire.

Nameko sends ``exc_type`` and ``exc_args``: the first argument is a sentence for people, the second
a mapping for programs. Callers decide by the name of the type.
"""

from typing import Any, Self


class ServiceError(Exception):
    """An error that a caller can act upon: ``detail`` for people, ``extra`` for programs."""

    def __init__(self, detail: str = "", extra: dict[str, Any] | None = None) -> None:
        super().__init__(detail, extra or {})
        self.detail = detail
        self.extra = extra or {}

    def __str__(self) -> str:
        return self.detail


class InvalidRequest(ServiceError):
    """Raised for a request that the caller must change."""

    @classmethod
    def of(cls, detail: str, *parameters: str) -> Self:
        """Return the error that reports ``detail`` for each of the parameters."""
        errors = [{"parameter": parameter, "detail": detail} for parameter in parameters]
        return cls(detail, {"errors": errors})


class PlaceNotFound(ServiceError):
    """Raised when no place has the name; ``extra["suggestions"]`` is a list of places."""


class PlaceAmbiguous(ServiceError):
    """Raised for a strict query with several matches; ``extra["candidates"]`` is a list."""


class SourceUnavailable(ServiceError):
    """Raised when no source can answer; ``extra["source"]`` is the last one that was called."""


class SourceRefused(SourceUnavailable):
    """Raised when an upstream rejects the credentials (401, 403)."""


class SourceLimited(SourceUnavailable):
    """Raised when an upstream limits the rate (429); ``extra["retry_after"]`` is in seconds."""


class SourceFailed(SourceUnavailable):
    """Raised when an upstream returns 5xx, no JSON, or JSON of another format."""


class SourceTimedOut(SourceUnavailable):
    """Raised when an upstream does not respond in time or cannot be reached."""


class StoreUnavailable(ServiceError):
    """Raised when the store of the jobs cannot be reached or used."""


class JobNotFound(ServiceError):
    """Raised when a client has no job of that id."""


class IdempotencyKeyReused(ServiceError):
    """Raised when a client sends an idempotency key again with another request."""


class TooManyOpenJobs(ServiceError):
    """Raised for a job of a client of which too many jobs have not ended."""


class CallbacksUnavailable(ServiceError):
    """Raised for a job with callbacks in an installation that sends none."""


class JobNotChangeable(ServiceError):
    """Raised for a change that ``extra["state"]``, the state of the job, does not allow."""
