"""Spans for OpenTelemetry, sent in batches over OTLP; imported only where that is asked for.

The SDK and its exporter read the standard ``OTEL_*`` variables themselves.
"""

from collections.abc import Mapping
from typing import Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()


class OtelSpan:
    """A span that is exported when it ends."""

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer = tracer
        self._span = span

    def call(self, target: str) -> Self:
        span = self._tracer.start_span(target, self._within(), trace.SpanKind.CLIENT)
        service, _, method = target.partition(".")
        span.set_attributes({"rpc.system": "nameko", "rpc.service": service, "rpc.method": method})
        return type(self)(self._tracer, span)

    def context(self) -> dict[str, str]:
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, self._within())
        return carrier

    def end(self, attributes: Mapping[str, str | int], *, failed: bool) -> None:
        self._span.set_attributes(dict(attributes))
        if failed:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()

    def _within(self) -> Context:
        return trace.set_span_in_context(self._span, Context())


class OtelTracer:
    """Exports the spans of the gateway."""

    def __init__(self) -> None:
        resource = Resource({SERVICE_NAME: "gateway"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("gateway")

    def serve(self, name: str, headers: Mapping[str, str]) -> OtelSpan:
        within = _propagator.extract(headers, Context())
        return OtelSpan(self._tracer, self._tracer.start_span(name, within, trace.SpanKind.SERVER))

    def close(self) -> None:
        """Send what has ended and stop; the end of the process does so too."""
        self._provider.shutdown()
