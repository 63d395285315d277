"""Responses from the cache, before Flask sees the request.

Flask, the validation of a query and the access log take ten times as long as the response itself.
These responses are counted in the metrics, but neither logged nor traced.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mare_gateway.caching.answer_cache import AnswerCache, Found
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
    """A whole response."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


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
        headers = [
            *SECURITY_HEADERS.items(),
            *answer.headers.items(),
            *self.cross_origin.headers(environ.get("HTTP_ORIGIN"), method, path).items(),
            *limits.items(),
            ("Age", str(found.age)),
            ("X-Request-Id", valid_request_id(environ.get("HTTP_X_REQUEST_ID"))),
        ]
        if not unchanged:
            headers.append(("Content-Type", "application/json"))
            headers.append(("Content-Length", str(len(answer.body))))
        status = "304 NOT MODIFIED" if unchanged else "200 OK"
        self.metrics.requests.labels(method, path, status[:3]).observe(
            time.perf_counter() - started
        )
        self.metrics.cache.labels("hit").inc()
        has_body = not unchanged and method != "HEAD"
        return Response(status, headers, answer.body if has_body else b"")

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
