"""What an operator sees: one trace and one request id through all services, logs, numbers."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.vhost import eventually

pytestmark = pytest.mark.broker

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CONTEXT = {
    "nameko.traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01",
    "nameko.tracestate": "vendor=1",
    "nameko.request_id": "request-1",
}


@pytest.fixture(scope="module")
def front(shared_vhost, shared_launch, shared_worker):
    return shared_launch("runtime", "Front", shared_vhost.amqp_uri).wait_ready()


def test_trace_and_request_id_go_through_two_services(shared_caller, front):
    seen = shared_caller.call("front.both", headers=CONTEXT)

    assert seen["front"]["request_id"] == seen["worker"]["request_id"] == "request-1"
    assert seen["front"]["tracestate"] == seen["worker"]["tracestate"] == "vendor=1"
    versions, traces, spans, flags = zip(
        CONTEXT["nameko.traceparent"].split("-"),
        seen["front"]["traceparent"].split("-"),
        seen["worker"]["traceparent"].split("-"),
        strict=True,
    )
    assert set(traces) == {TRACE_ID}
    assert len(set(spans)) == 3
    assert set(versions) == {"00"}
    assert set(flags) == {"01"}


def test_a_message_without_ids_gets_new_ones(shared_caller, front):
    one, two = (shared_caller.call("front.both") for _ in range(2))

    assert one["front"]["request_id"] == one["worker"]["request_id"] != two["front"]["request_id"]
    assert one["front"]["traceparent"][3:35] == one["worker"]["traceparent"][3:35]


def test_an_event_carries_the_ids_of_the_request_that_caused_it(
    shared_vhost, shared_caller, shared_launch, front
):
    listener = shared_launch("runtime", "Listener", shared_vhost.amqp_uri).wait_ready()

    shared_caller.call("front.emit", "good", headers=CONTEXT)

    eventually(lambda: any(entry.endswith("request-1") for entry in listener.entries()))


def test_a_log_line_is_json_with_the_ids_of_its_message(shared_caller, front, shared_worker):
    shared_caller.call("front.relay", "lose", headers=CONTEXT)

    (line,) = (line for line in shared_worker.lines() if line.get("request_id") == "request-1"
               and line.get("entrypoint") == "lose")  # fmt: skip
    assert line["service"] == "worker"
    assert line["trace_id"] == TRACE_ID
    assert len(line["span_id"]) == 16
    assert line["level"] == "INFO"
    assert line["logger"] == "mare_nameko.service.container"
    assert line["time"].endswith("+00:00")


def test_the_numbers_of_requests_calls_and_workers(shared_caller, front, shared_worker):
    before = shared_worker.metric("runtime_request_duration_seconds_count", entrypoint="echo")

    assert shared_caller.call("front.relay", "echo", 1) == 1

    handled = "runtime_request_duration_seconds_count"
    eventually(lambda: shared_worker.metric(handled, entrypoint="echo", outcome="ok") == before + 1)
    assert front.metric("runtime_call_duration_seconds_count", target="worker.echo") >= 1
    assert shared_worker.metric("runtime_workers_max", service="worker") == 10
    eventually(lambda: shared_worker.metric("runtime_workers_busy") == 0)
    shared_caller.send("worker.work", "job", 5)
    eventually(lambda: shared_worker.metric("runtime_workers_busy") == 1)
    assert shared_worker.metric("runtime_messages_in_hand") == 1


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
