"""Request id, trace, metrics and access log of each request."""

import logging
import time

from flask import Flask, Response, g, request

from mare_gateway.metrics import Metrics
from mare_gateway.protocol import ARRIVED
from mare_gateway.request_ids import valid_request_id
from mare_nameko.tracing import Tracer, read_trace_context

access_log = logging.getLogger("mare_gateway.access")

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def observe(app: Flask, metrics: Metrics, tracer: Tracer) -> None:
    """Trace, measure and log every request of ``app``."""

    @app.before_request
    def begin() -> None:
        g.started = request.environ.get(ARRIVED) or time.perf_counter()
        headers = request.headers
        parent = read_trace_context(headers.get("traceparent"), headers.get("tracestate"))
        g.span = tracer.begin(_method(), "server", parent, {})
        g.request_id = valid_request_id(headers.get("X-Request-Id"))

    @app.after_request
    def end(response: Response) -> Response:
        duration = time.perf_counter() - g.started
        request_id: str = g.request_id
        response.headers.add("X-Request-Id", request_id)
        rule, status = request.url_rule, response.status_code
        route = rule.rule if rule else "none"
        method, span = _method(), g.span
        metrics.requests.labels(method, route, status).observe(duration)
        access_log.info(  # without the query, which contains locations of people
            "%s %s %d",
            method,
            request.path,
            status,
            extra={
                "method": method,
                "route": route,
                "status": status,
                "duration_ms": round(duration * 1000, 1),
                "bytes": response.content_length,
                "request_id": request_id,
                "trace_id": span.context.trace_id,
            },
        )
        failed = status >= 500  # noqa: PLR2004
        span.end(
            str(status) if failed else None,
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            },
        )
        return response


def _method() -> str:
    return request.method if request.method in _METHODS else "other"
