"""Spans of two services, as a collector of traces receives them."""

import pytest

from tests.otlp import attributes, collecting

pytestmark = pytest.mark.broker

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CONTEXT = {
    "nameko.traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01",
    "nameko.tracestate": "vendor=1",
    "nameko.request_id": "request-1",
}


def test_spans_are_exported_where_a_collector_is_named(vhost, caller, launch):
    with collecting() as collector:
        services = [
            launch("runtime", name, vhost.amqp_uri, **collector.environment)
            for name in ("Worker", "Front")
        ]
        for service in services:
            service.wait_ready()

        caller.call("front.relay", "lose", headers=CONTEXT)
        for service in services:
            service.terminate()  # what is not sent yet is sent now
            assert service.wait(60) == 0

    server, client = 2, 3
    spans = {(service, span.name, span.kind): span for service, span in collector.exported}
    outer = spans["front", "front.relay", server]
    call = spans["front", "worker.lose", client]
    inner = spans["worker", "worker.lose", server]
    assert outer.trace_id.hex() == call.trace_id.hex() == inner.trace_id.hex() == TRACE_ID
    assert outer.parent_span_id.hex() == "00f067aa0ba902b7"
    assert call.parent_span_id == outer.span_id
    assert inner.parent_span_id == call.span_id
    assert attributes(inner)["error.type"] == "PlaceNotFound"
