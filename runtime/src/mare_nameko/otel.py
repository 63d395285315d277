"""Export of spans by OpenTelemetry, in batches over OTLP.

The SDK reads the standard ``OTEL_*`` variables itself. The span of a message or request is made
current, so that spans of instrumented libraries become its children.
"""

from collections.abc import Mapping

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation import set_span_in_context

from mare_nameko.tracing import Kind, Span, TraceContext, Tracer

_INCOMING = ("server", "consumer")


class RecordedSpan(Span):
    def __init__(self, span: trace.Span, *, make_current: bool) -> None:
        ids = span.get_span_context()
        super().__init__(
            TraceContext(
                trace.format_trace_id(ids.trace_id),
                trace.format_span_id(ids.span_id),
                ids.trace_flags.sampled,
                ids.trace_state.to_header(),
            )
        )
        self._span = span
        self._token = contexts.attach(set_span_in_context(span)) if make_current else None

    def end(
        self,
        error: str | None = None,
        attributes: Mapping[str, str | int] | None = None,
    ) -> None:
        if attributes:
            self._span.set_attributes(dict(attributes))
        if error is not None:
            self._span.set_attribute("error.type", error)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        if self._token is not None:
            contexts.detach(self._token)


class OpenTelemetryTracer(Tracer):
    def __init__(self, service: str) -> None:
        resource = Resource({SERVICE_NAME: service}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(self._provider)
        self._tracer = self._provider.get_tracer("mare_nameko")

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: TraceContext | None,
        attributes: Mapping[str, str],
    ) -> Span:
        span = self._tracer.start_span(
            name,
            context=_as_context(parent, remote=kind in _INCOMING),
            kind=trace.SpanKind[kind.upper()],
            attributes=dict(attributes),
        )
        return RecordedSpan(span, make_current=kind in _INCOMING)

    def close(self) -> None:
        self._provider.shutdown()


def _as_context(parent: TraceContext | None, *, remote: bool) -> contexts.Context:
    if parent is None:
        return contexts.Context()
    span_context = trace.SpanContext(
        int(parent.trace_id, 16),
        int(parent.span_id, 16),
        is_remote=remote,
        trace_flags=trace.TraceFlags(int(parent.sampled)),
        trace_state=trace.TraceState.from_header([parent.state]),
    )
    return set_span_in_context(trace.NonRecordingSpan(span_context), contexts.Context())
