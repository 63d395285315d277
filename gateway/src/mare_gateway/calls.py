"""Calls to services, with the deadline and the request id of the current request."""

import time
from collections.abc import Mapping
from typing import Any

from flask import g

from mare_gateway.metrics import Metrics
from mare_gateway.problems import outcome_of
from mare_gateway.request_ids import call_headers, valid_request_id
from mare_nameko.client import BadReply, CallTimedOut, RpcClient, RpcError
from mare_nameko.tracing import Span, TraceContext, Tracer


class Calls:
    def __init__(self, rpc: RpcClient, metrics: Metrics, tracer: Tracer, timeout: float) -> None:
        self._rpc = rpc
        self._durations = metrics.calls
        self._tracer = tracer
        self._timeout = timeout

    def __call__(self, target: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply, within the rest of the request's deadline, or raise RpcError."""
        span = self._begin_span(target, g.span.context)
        return self._make(target, request, self.seconds_left(), g.request_id, span)

    def seconds_left(self) -> float:
        """Return the seconds until the current request's deadline."""
        return self._timeout - (time.perf_counter() - float(g.started))

    def detached(self, target: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call that belongs to no HTTP request, with an id and a trace of its own."""
        span = self._begin_span(target, None)
        return self._make(target, request, self._timeout, valid_request_id(), span)

    def _make(
        self, target: str, request: Mapping[str, Any], left: float, request_id: str, span: Span
    ) -> dict[str, Any]:
        started = time.perf_counter()
        outcome = "error"
        try:
            if left <= 0:
                raise CallTimedOut(f"the deadline passed before the call to {target}")
            context = call_headers(request_id, span.context)
            reply = self._rpc.call(target, request, timeout=left, context=context)
            if not isinstance(reply, dict):
                raise BadReply(f"the reply of {target} is not an object")
            outcome = "ok"
        except RpcError as error:
            outcome = outcome_of(error)
            raise
        finally:
            duration = time.perf_counter() - started
            self._durations.labels(target, outcome).observe(duration)
            span.end(None if outcome == "ok" else outcome)
        return reply

    def _begin_span(self, target: str, parent: TraceContext | None) -> Span:
        service, _, method = target.partition(".")
        attributes = {"rpc.system": "nameko", "rpc.service": service, "rpc.method": method}
        return self._tracer.begin(target, "client", parent, attributes)
