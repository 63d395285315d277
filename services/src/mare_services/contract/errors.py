"""Errors that cross the wire.

::

    ServiceError
    ├── InvalidRequest          the caller must change the request
    ├── PlaceNotFound           with ``suggestions``
    ├── PlaceAmbiguous          strict look-up with several matches, with ``candidates``
    └── SourceUnavailable       no source of an answer is left, embedded ones included
        ├── SourceRefused       the upstream rejects our credentials
        ├── SourceLimited       the upstream limits our rate, with ``retry_after`` in seconds
        ├── SourceFailed        the upstream answers with an error or with nonsense
        └── SourceTimedOut      the upstream does not answer in time

Nameko sends ``exc_type`` and ``exc_args``: the first argument is a sentence for people, the second
a mapping for programs. Receivers decide by the name of the type.
"""

from typing import Any


class ServiceError(Exception):
    """An error that a caller can act upon: ``detail`` for people, ``extra`` for programs."""

    def __init__(self, detail: str = "", extra: dict[str, Any] | None = None) -> None:
        super().__init__(detail, extra or {})
        self.detail = detail
        self.extra = extra or {}

    def __str__(self) -> str:
        return self.detail


class InvalidRequest(ServiceError):
    """Raised when a request cannot be understood."""


class PlaceNotFound(ServiceError):
    """Raised when no place has the name; ``extra["suggestions"]`` is a list of places."""


class PlaceAmbiguous(ServiceError):
    """Raised by a strict look-up with several matches; ``extra["candidates"]`` are places."""


class SourceUnavailable(ServiceError):
    """Raised when no source can answer; ``extra["source"]`` names the last one asked."""


class SourceRefused(SourceUnavailable):
    """Raised when an upstream rejects our credentials (401, 403)."""


class SourceLimited(SourceUnavailable):
    """Raised when an upstream limits our rate (429); ``extra["retry_after"]`` is in seconds."""


class SourceFailed(SourceUnavailable):
    """Raised when an upstream answers 5xx, not JSON, or JSON of another shape."""


class SourceTimedOut(SourceUnavailable):
    """Raised when an upstream does not answer within its budget or cannot be reached."""
