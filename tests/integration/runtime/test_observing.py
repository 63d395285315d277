"""Spans of two services, as a collector of traces receives them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

pytestmark = pytest.mark.broker

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CONTEXT = {
    "nameko.traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01",
    "nameko.tracestate": "vendor=1",
    "nameko.request_id": "request-1",
}


class Collector(BaseHTTPRequestHandler):
    """Takes OTLP over HTTP."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            (name,) = (a.value.string_value for a in resource.resource.attributes
                       if a.key == "service.name")  # fmt: skip
            for scope in resource.scope_spans:
                self.server.spans.update(
                    {(name, span.name, span.kind): span for span in scope.spans}
                )
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        server.spans = {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_spans_are_exported_where_a_collector_is_named(vhost, caller, launch, collector):
    endpoint = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "60",
        "OTEL_BSP_EXPORT_TIMEOUT": "60000",
    }
    services = [
        launch("runtime", name, vhost.amqp_uri, OTEL_EXPORTER_OTLP_COMPRESSION="none", **endpoint)
        for name in ("Worker", "Front")
    ]
    for service in services:
        service.wait_ready()

    caller.call("front.relay", "lose", headers=CONTEXT)
    for service in services:
        service.terminate()  # what is not sent yet is sent now
        assert service.wait(60) == 0

    server, client = 2, 3
    outer = collector.spans["front", "front.relay", server]
    call = collector.spans["front", "worker.lose", client]
    inner = collector.spans["worker", "worker.lose", server]
    assert outer.trace_id.hex() == call.trace_id.hex() == inner.trace_id.hex() == TRACE_ID
    assert outer.parent_span_id.hex() == "00f067aa0ba902b7"
    assert call.parent_span_id == outer.span_id
    assert inner.parent_span_id == call.span_id
    assert {attribute.key: attribute.value.string_value for attribute in inner.attributes}[
        "error.type"
    ] == "PlaceNotFound"
