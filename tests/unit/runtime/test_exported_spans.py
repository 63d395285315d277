"""Spans as OpenTelemetry exports them."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mare_nameko import otel
from mare_nameko.tracing import TraceContext

PARENT = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", True, "vendor=1")


@pytest.fixture
def exporter(monkeypatch):
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(otel, "OTLPSpanExporter", lambda: exporter)
    monkeypatch.setattr(trace, "set_tracer_provider", lambda provider: None)
    return exporter


def test_a_span_has_its_parent_its_service_and_what_became_of_it(exporter):
    tracer = otel.OpenTelemetryTracer("shop")
    span = tracer.begin("shop.pay", "server", PARENT, {"rpc.method": "pay"})
    context = span.context
    span.end("Sold", {"attempt": 2})
    tracer.close()

    (exported,) = exporter.get_finished_spans()
    assert (exported.name, exported.kind) == ("shop.pay", trace.SpanKind.SERVER)
    assert exported.resource.attributes["service.name"] == "shop"
    assert dict(exported.attributes) == {"rpc.method": "pay", "attempt": 2, "error.type": "Sold"}
    assert exported.status.status_code is trace.StatusCode.ERROR
    parent = exported.parent
    assert (parent.trace_id, parent.span_id) == (int(PARENT.trace_id, 16), int(PARENT.span_id, 16))
    assert (parent.is_remote, parent.trace_state.to_header()) == (True, "vendor=1")
    assert (context.trace_id, context.sampled) == (PARENT.trace_id, True)
    assert context.state == "vendor=1"
    assert int(context.span_id, 16) == exported.context.span_id


def test_a_span_without_a_parent_begins_a_trace(exporter):
    tracer = otel.OpenTelemetryTracer("shop")
    first, second = (tracer.begin("shop.pay", "client", None, {}) for _ in range(2))
    first.end()
    second.end()
    tracer.close()

    exported = exporter.get_finished_spans()
    assert [each.parent for each in exported] == [None, None]
    assert first.context.trace_id != second.context.trace_id
    assert exported[0].status.status_code is trace.StatusCode.UNSET


@pytest.mark.parametrize(
    ("kind", "current"), [("server", True), ("consumer", True), ("client", False)]
)
def test_the_span_of_a_request_is_current_until_it_ends(exporter, kind, current):
    tracer = otel.OpenTelemetryTracer("shop")
    span = tracer.begin("shop.pay", kind, None, {})

    found = trace.get_current_span().get_span_context().span_id
    assert (found == int(span.context.span_id, 16)) is current
    span.end()
    assert not trace.get_current_span().get_span_context().is_valid
    tracer.close()


def test_what_was_not_sampled_is_not_exported(exporter):
    tracer = otel.OpenTelemetryTracer("shop")
    parent = TraceContext(PARENT.trace_id, PARENT.span_id, False, "")
    span = tracer.begin("shop.pay", "server", parent, {})
    assert span.context.sampled is False
    span.end()
    tracer.close()

    assert exporter.get_finished_spans() == ()
