"""The context that a worker has, and what it passes on."""

import time

import pytest

from mare_nameko.service.context import MessageContext, begin
from mare_nameko.tracing import TraceContext, Tracer

TRACE_ID, SPAN_ID = "1" * 32, "2" * 16


class RecordingTracer(Tracer):
    def __init__(self):
        self.begun = []

    def begin(self, name, kind, parent, attributes, started_at=None):
        self.begun.append((name, kind, parent, attributes))
        return super().begin(name, kind, parent, attributes)


@pytest.fixture
def tracer():
    return RecordingTracer()


def test_a_message_continues_the_trace_of_its_headers(tracer):
    data = {
        "traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01",
        "tracestate": "a=1",
        "request_id": "r-1",
        "deadline": 7.0,
        "language": "pt",
    }

    context = begin(tracer, "shop", "pay", "server", data)

    attributes = {"rpc.system": "nameko", "rpc.method": "shop.pay"}
    parent = TraceContext(TRACE_ID, SPAN_ID, True, "a=1")
    assert tracer.begun == [("shop.pay", "server", parent, attributes)]
    assert (context.name, context.request_id, context.deadline) == ("shop.pay", "r-1", 7.0)
    assert data == {
        "traceparent": context.span.context.traceparent,
        "tracestate": "a=1",
        "request_id": "r-1",
        "deadline": 7.0,
        "language": "pt",
    }


def test_a_message_without_headers_gets_ids(tracer):
    data = {}

    context = begin(tracer, "shop", "on_paid", "consumer", data)

    assert tracer.begun[0][:3] == ("shop.on_paid", "consumer", None)
    assert context.remaining is None
    assert len(data["request_id"]) == 32
    assert data["tracestate"] is None


def test_the_remaining_time_is_negative_after_the_deadline():
    def remaining(deadline):
        return MessageContext("shop", "pay", "r", None, deadline).remaining

    assert 3000 < remaining(time.time() + 3600) <= 3600
    assert -3700 < remaining(time.time() - 3600) <= -3600
