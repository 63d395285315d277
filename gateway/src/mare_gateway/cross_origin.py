"""Cross-origin requests (CORS): which pages of other sites may use the API."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

Origin = Annotated[str, Meta(pattern=r"^(\*|https?://[^\s/?#,]+)$")]
"""An origin in ``GATEWAY_CORS_ORIGINS``."""

_READING: tuple[str, ...] = ("GET", "HEAD")
_ALL: tuple[str, ...] = ("GET", "HEAD", "POST", "DELETE")
_READ_HEADERS = "If-None-Match, X-Request-Id, traceparent"
_ALL_HEADERS = (
    f"{_READ_HEADERS}, Authorization, Content-Type, Idempotency-Key, Prefer, Last-Event-ID"
)
_EXPOSED = (
    "Age, ETag, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, "
    "X-Request-Id"
)
_PREFLIGHT_SECONDS = "7200"
_LIST = "/v1/jobs"
"""Clients on this machine need no key for it: their browsers would show it to every page."""


class CrossOrigin:
    """The rule of ``GATEWAY_CORS_ORIGINS``.

    ``*`` lets the pages of all sites read without a key. A listed origin may do everything.
    """

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._any = "*" in origins
        self._listed = frozenset(origins) - {"*"}
        self._vary = {"Vary": "Origin"} if self._listed else {}

    def headers(self, origin: str | None, method: str, path: str) -> Mapping[str, str]:
        """Return the headers of a response to a request with this ``Origin``."""
        if origin in self._listed:
            allowed = origin or ""
        elif self._any and method in _READING and path != _LIST:
            allowed = "*"
        else:
            return self._vary
        return {
            "Access-Control-Allow-Origin": allowed,
            "Access-Control-Expose-Headers": _EXPOSED,
            **self._vary,
        }

    def preflight(self, origin: str | None) -> Mapping[str, str]:
        """Return the headers of a response to ``OPTIONS`` before a request of another origin."""
        if origin is None:
            return self._vary
        if origin in self._listed:
            allowed, methods, headers = origin, _ALL, _ALL_HEADERS
        elif self._any:
            allowed, methods, headers = "*", _READING, _READ_HEADERS
        else:
            return self._vary
        return {
            "Access-Control-Allow-Origin": allowed,
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": headers,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
            **self._vary,
        }
