"""Responses from the cache, before Flask sees the request.

Flask, the validation of a query and the access log take ten times as long as the response itself.
These responses are counted in the metrics, but neither logged nor traced.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from prometheus_client import Counter, Histogram

from mare_gateway.caching.answer_cache import AnswerCache, Fields, Found, encode_fields
from mare_gateway.clients import Authenticator
from mare_gateway.cross_origin import CrossOrigin
from mare_gateway.environ import Environ
from mare_gateway.metrics import Metrics
from mare_gateway.request_ids import valid_request_id
from mare_gateway.responses import SECURITY_HEADERS

Wsgi = Callable[[Environ, Any], Iterable[bytes]]
CountRequest = Callable[[str], dict[str, str] | None]
"""Counts a request of an address; returns headers, or None if it is beyond the limit."""

_METHODS = frozenset({"GET", "HEAD"})


class Response(NamedTuple):
    """A whole response, as an ASGI server sends it."""

    status: int
    fields: Fields
    body: bytes


_SECURITY_FIELDS = encode_fields(SECURITY_HEADERS.items())


def alias_of(environ: Environ) -> tuple[str, str, str]:
    return (
        environ["PATH_INFO"],
        environ["QUERY_STRING"],
        environ.get("HTTP_ACCEPT_LANGUAGE", ""),
    )


@dataclass(eq=False, kw_only=True)
class CachedResponses:
    """The responses to requests whose answer is fresh in the cache.

    Attributes:
        may_block: whether ``count`` waits for a storage.
    """

    cache: AnswerCache
    authenticator: Authenticator
    cross_origin: CrossOrigin
    metrics: Metrics
    count: CountRequest | None
    may_block: bool = False
    _durations: dict[tuple[str, str, int], Histogram] = field(default_factory=dict, init=False)
    _hits: Counter = field(init=False)

    def __post_init__(self) -> None:
        self._hits = self.metrics.cache.labels("hit")

    def respond(self, environ: Environ) -> Response | None:
        """Return the response; None to requests with a key, with ``Prefer`` or over a limit."""
        started = time.perf_counter()
        found = self._find(environ)
        if found is None:
            return None
        limits = self.count(environ["REMOTE_ADDR"]) if self.count else {}
        if limits is None:
            return None
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        answer = found.answer
        unchanged = method == "GET" and _matches(environ.get("HTTP_IF_NONE_MATCH"), answer.etag)
        cross_origin = self.cross_origin.headers(environ.get("HTTP_ORIGIN"), method, path)
        request_id = valid_request_id(environ.get("HTTP_X_REQUEST_ID"))
        fields = [
            *_SECURITY_FIELDS,
            *answer.fields,
            (b"Age", b"%d" % found.age),
            (b"X-Request-Id", request_id.encode()),
        ]
        if cross_origin or limits:
            fields += encode_fields([*cross_origin.items(), *limits.items()])
        if not unchanged:
            fields.append((b"Content-Type", b"application/json"))
            fields.append((b"Content-Length", b"%d" % len(answer.body)))
        status = 304 if unchanged else 200
        self._duration(method, path, status).observe(time.perf_counter() - started)
        self._hits.inc()
        has_body = not unchanged and method != "HEAD"
        return Response(status, fields, answer.body if has_body else b"")

    def _duration(self, method: str, path: str, status: int) -> Histogram:
        """Return the metric, which takes prometheus_client 2 µs to find."""
        key = (method, path, status)
        found = self._durations.get(key)
        if found is None:
            found = self._durations[key] = self.metrics.requests.labels(method, path, status)
        return found

    def _find(self, environ: Environ) -> Found | None:
        if (
            environ["REQUEST_METHOD"] not in _METHODS
            or "HTTP_PREFER" in environ
            or "HTTP_AUTHORIZATION" in environ
            or not self.authenticator.anonymous_may_read
        ):
            return None
        return self.cache.fresh(alias_of(environ))


def _matches(header: str | None, etag: str) -> bool:
    """Return whether ``If-None-Match`` names the ETag, compared weakly (RFC 9110, 13.1.2)."""
    return header is not None and (etag in header or header.strip() == "*")
