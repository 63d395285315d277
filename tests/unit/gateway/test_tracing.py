"""Spans as an OpenTelemetry collector receives them."""

import pytest

import mare_gateway.app as app_module
from mare_nameko.client import CallTimedOut
from mare_nameko.tracing import Tracer
from tests.otlp import collecting

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.fixture
def collector(monkeypatch):
    with collecting() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def traced(make_client, collector):
    """Ask a gateway that traces, and return the spans by name."""
    client = make_client(OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)

    def get(path, **headers):
        client.get(path, headers=headers)
        client.application.extensions["tracer"].close()
        return {span.name: span for span in collector.spans}

    return get


def test_a_request_and_its_call_are_spans_of_the_callers_trace(traced, rpc):
    spans = traced("/v1/weather?city=Recife", traceparent=f"00-{TRACE}-{PARENT}-01")

    request, call = spans["GET"], spans["weather.report"]
    assert request.trace_id.hex() == call.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == PARENT
    assert call.parent_span_id == request.span_id
    assert rpc.calls[0].context["traceparent"] == f"00-{TRACE}-{call.span_id.hex()}-01"


def test_a_call_that_fails_marks_both_spans(traced, rpc):
    rpc.answers["weather.report"] = CallTimedOut("too long")

    spans = traced("/v1/weather?city=Recife")

    assert spans["GET"].status.code == spans["weather.report"].status.code == 2


def test_an_error_of_the_client_is_no_failure(traced):
    assert traced("/v1/weather")["GET"].status.code == 0


def test_spans_do_not_contain_the_query(traced):
    spans = traced("/v1/weather?city=Recife")

    assert all("Recife" not in str(span) for span in spans.values())


def test_the_address_of_traces_alone_turns_export_on(make_client, monkeypatch):
    def create(_, *, export):
        exports.append(export)
        return Tracer()

    exports = []
    monkeypatch.setattr(app_module, "create_tracer", create)

    make_client(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://127.0.0.1:9/v1/traces")

    assert exports == [True]
