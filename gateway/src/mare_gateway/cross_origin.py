"""Cross-origin requests (CORS): which pages of other sites may use the API."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

Origin = Annotated[str, Meta(pattern=r"^(\*|https?://[^\s/?#,]+)$")]
"""An origin in ``GATEWAY_CORS_ORIGINS``."""

_READING = ("GET", "HEAD")
_ALL = ("GET", "HEAD", "POST", "DELETE")
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
        allowed = origin if origin in self._listed else "*" if self._any else None
        if method == "OPTIONS" and allowed is not None and origin is not None:  # a preflight
            reads = allowed == "*"
            return {
                "Access-Control-Allow-Origin": allowed,
                "Access-Control-Allow-Methods": ", ".join(_READING if reads else _ALL),
                "Access-Control-Allow-Headers": _READ_HEADERS if reads else _ALL_HEADERS,
                "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
                **self._vary,
            }
        if allowed is None or (allowed == "*" and (method not in _READING or path == _LIST)):
            return self._vary
        return {
            "Access-Control-Allow-Origin": allowed,
            "Access-Control-Expose-Headers": _EXPOSED,
            **self._vary,
        }
