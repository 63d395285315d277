"""Distributed tracing: W3C Trace Context in two headers, and spans that may be exported.

Each message and request has a trace id and a span id, for log lines and headers. Only
:mod:`mare_nameko.otel` exports spans. https://www.w3.org/TR/trace-context/
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from logging import getLogger
from typing import Literal, Self

from mare_nameko.settings import EnvironmentSettings, variable

_log = getLogger(__name__)

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")
_INVALID_VERSION = "ff"
_SAMPLED = 1

Kind = Literal["server", "client", "consumer", "producer"]


@dataclass(frozen=True, slots=True)
class TraceContext:
    """The ids of one span, in lower-case hexadecimal (32 and 16 digits), and its trace's state."""

    trace_id: str
    span_id: str
    sampled: bool = True
    state: str = ""

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"

    def child(self, span_id: str) -> Self:
        return type(self)(self.trace_id, span_id, self.sampled, self.state)


def random_id(octets: int) -> str:
    """Return a random id in hexadecimal, which is no secret.

    A read of the kernel's random numbers passes the interpreter lock to another thread: 12 µs more
    for a request of the gateway.
    """
    return f"{random.getrandbits(8 * octets):0{2 * octets}x}"


def read_trace_context(traceparent: object, tracestate: object = "") -> TraceContext | None:
    """Return the context in the two headers, or None if ``traceparent`` is absent or malformed."""
    found = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == _INVALID_VERSION or (version == "00" and rest):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    has_state = isinstance(tracestate, str) and _TRACESTATE.fullmatch(tracestate)
    state = str(tracestate) if has_state else ""
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED), state)


class Span:
    """A request, a message being handled, or a call to another service: here only its ids."""

    def __init__(self, context: TraceContext) -> None:
        self.context = context

    def end(
        self,
        error: str | None = None,
        attributes: Mapping[str, str | int] | None = None,
    ) -> None:
        """End the span. ``error`` is a type or a code: a text may quote the request."""


class Tracer:
    """Exports nothing. The ids are passed on as sampled, for services that export."""

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: TraceContext | None,
        attributes: Mapping[str, str],
    ) -> Span:
        """Return a span below ``parent``; without a parent it is the root of a new trace."""
        del name, kind, attributes
        span_id = random_id(8)
        if parent is not None:
            return Span(parent.child(span_id))
        return Span(TraceContext(random_id(16), span_id))

    def close(self) -> None:
        """Export the spans that are buffered."""


@dataclass(frozen=True, kw_only=True)
class TraceSettings(EnvironmentSettings):
    """Where a process exports its spans. Without slots, so that it can be a second base class."""

    otlp_endpoint: str = variable("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
    """Collector of traces (OTLP over HTTP); needs the extra `tracing`. Empty: no export. The
    OpenTelemetry SDK reads the other `OTEL_*` variables itself."""

    otlp_traces_endpoint: str = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default="")
    """The same, as a URL with its full path."""

    @property
    def exports_traces(self) -> bool:
        return bool(self.otlp_endpoint or self.otlp_traces_endpoint)


def create_tracer(service: str, *, export: bool) -> Tracer:
    """Return a tracer that exports if ``export`` is set and the extra ``tracing`` is installed."""
    if not export:
        return Tracer()
    try:
        from mare_nameko.otel import OpenTelemetryTracer  # noqa: PLC0415  its import takes 0.2 s
    except ImportError as error:
        _log.warning("Traces are not exported: the extra 'tracing' is not installed (%s)", error)
        return Tracer()
    return OpenTelemetryTracer(service)
