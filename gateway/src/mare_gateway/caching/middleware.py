"""Responds from the cache before Flask sees the request.

Flask, the validation of a query and the access log take ten times as long as the response itself.
These responses are counted in the metrics, but neither logged nor traced.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

from mare_gateway.caching.answer_cache import AnswerCache, Found
from mare_gateway.clients import Authenticator
from mare_gateway.cross_origin import CrossOrigin
from mare_gateway.metrics import Metrics
from mare_gateway.protocol import has_one_host
from mare_gateway.request_ids import valid_request_id
from mare_gateway.responses import SECURITY_HEADERS

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
CountRequest = Callable[[str], dict[str, str] | None]
"""Counts a request of an address; returns headers, or None if it is beyond the limit."""

_METHODS = frozenset({"GET", "HEAD"})


def alias_of(environ: Environ) -> tuple[str, str, str]:
    return (
        environ["PATH_INFO"],
        environ["QUERY_STRING"],
        environ.get("HTTP_ACCEPT_LANGUAGE", ""),
    )


@dataclass(eq=False)
class CachedResponses:
    """WSGI middleware that responds to requests whose answer is fresh in the cache.

    It leaves all others to ``app``: those with a key, with ``Prefer``, without one Host, and those
    that a rate limit refuses.
    """

    app: Wsgi
    cache: AnswerCache
    _: KW_ONLY
    authenticator: Authenticator
    cross_origin: CrossOrigin
    metrics: Metrics
    count: CountRequest | None

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        started = time.perf_counter()
        found = self._find(environ)
        if found is None:
            return self.app(environ, start_response)
        limits = self.count(environ.get("REMOTE_ADDR", "")) if self.count else {}
        if limits is None:
            return self.app(environ, start_response)
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
        start_response(status, headers)
        self.metrics.requests.labels(method, path, status[:3]).observe(
            time.perf_counter() - started
        )
        self.metrics.cache.labels("hit").inc()
        return [] if unchanged or method == "HEAD" else [answer.body]

    def _find(self, environ: Environ) -> Found | None:
        if (
            environ["REQUEST_METHOD"] not in _METHODS
            or "HTTP_PREFER" in environ
            or "HTTP_AUTHORIZATION" in environ
            or not has_one_host(environ)
            or not self.authenticator.anonymous_may_read
        ):
            return None
        return self.cache.fresh(alias_of(environ))


def _matches(header: str | None, etag: str) -> bool:
    """Return whether ``If-None-Match`` names the ETag, compared weakly (RFC 9110, 13.1.2)."""
    return header is not None and (etag in header or header.strip() == "*")
