"""Calls of a service to another one, which the test plays."""

import json
import time

import pytest

from tests.fakes.queue_broker import Stored
from tests.otlp import collecting
from tests.unit.runtime_service.stage import CONTEXT, TRACE_ID
from tests.vhost import eventually

CALLED = "runtime_call_duration_seconds_count"


@pytest.fixture(scope="module")
def hasty(shared_start):
    """A service that waits for another one for a short time."""
    limits = {"RUNTIME_CALL_SECONDS": "20", "RUNTIME_NO_CONSUMERS_GRACE": "0.1"}
    stage = shared_start("Shop", **limits).ready()
    stage.broker.bind("rpc-worker", "nameko-rpc", "worker.*")
    return stage


def test_a_call_is_a_transient_request_with_the_context_and_a_deadline(shop):
    answered = {"service": "shop", "target": "worker.echo", "outcome": "ok"}
    calls = shop.metric(CALLED, **answered)
    before = time.time()
    outer = shop.request("shop.relay", "echo", 1, headers=CONTEXT)
    request = shop.next("rpc-worker")
    headers = request.headers
    shop.answer(request, "two")

    assert json.loads(shop.reply(outer).body)["result"] == "two"
    assert json.loads(request.body) == {"args": [1], "kwargs": {}}
    assert (request.exchange, request.routing_key) == ("nameko-rpc", "worker.echo")
    assert request.properties["message_id"] == request.properties["correlation_id"]
    assert request.properties["delivery_mode"] == 1
    assert request.properties["content_type"] == "application/json"
    assert headers["nameko.request_id"] == "request-1"
    assert headers["nameko.tracestate"] == "vendor=1"
    _, trace_id, span_id, _ = headers["nameko.traceparent"].split("-")
    assert trace_id == TRACE_ID
    assert span_id != "00f067aa0ba902b7"
    assert 30 <= headers["nameko.deadline"] - before <= 30 + time.time() - before
    (caller,) = headers["nameko.call_id_stack"]
    assert caller.startswith("shop.relay.")
    eventually(lambda: shop.metric(CALLED, **answered) == calls + 1)


def test_a_service_without_a_queue_is_unknown(shop):
    error = shop.call("shop.call_absent")

    assert (error["exc_type"], error["exc_args"]) == ("UnknownService", ["absent"])
    assert shop.metric(CALLED, target="absent.anything", outcome="UnknownService") == 1


def test_a_call_has_the_time_limit_of_its_proxy(shop):
    error = shop.call("shop.hurry")
    late = shop.next("rpc-worker")

    assert error["exc_type"] == "CallTimedOut"
    assert error["exc_args"] == ["worker.echo did not answer within 0.2 s."]
    assert shop.metric(CALLED, target="worker.echo", outcome="CallTimedOut") == 1
    shop.answer(late, "too late")
    assert shop.call("shop.echo", 1) == 1
    assert shop.metric("runtime_reconnects_total") == 0


def test_two_calls_run_side_by_side(shop):
    outer = shop.request("shop.twice", 0)
    first, second = (shop.next("rpc-worker") for _ in range(2))
    shop.answer(second, "two")
    shop.answer(first, "one")

    assert json.loads(shop.reply(outer).body)["result"] == ["one", "two"]


@pytest.mark.parametrize("body", [b"{", b'{"result": NaN, "error": null}'])
def test_an_undecodable_reply_ends_its_call_at_once_and_is_not_rejected(shop, body):
    rejected = len(shop.broker.rejected)
    counted = shop.metric("runtime_rejected_total", reason="undecodable")
    outer = shop.request("shop.relay", "echo", 1)
    request = shop.next("rpc-worker")
    properties = {
        "content_type": "application/json",
        "correlation_id": request.properties["correlation_id"],
    }

    shop.broker.put(Stored("nameko-rpc", request.properties["reply_to"], properties, body))

    error = json.loads(shop.reply(outer).body)["error"]
    assert error["exc_type"] == "BadReply"
    assert error["exc_args"][0].startswith("The reply cannot be decoded: DecodeError: ")
    assert shop.metric("runtime_rejected_total", reason="undecodable") == counted + 1
    assert len(shop.broker.rejected) == rejected
    assert shop.call("shop.echo", 1) == 1


def test_replies_have_a_queue_that_goes_with_its_connection(shop):
    (queue,) = (q for name, q in shop.broker.held.items() if name.startswith("rpc.reply-shop-"))
    options = dict(queue.options)

    assert options.pop("arguments") == {}
    assert options == {"durable": False, "exclusive": True, "auto_delete": True}
    assert [consumer.no_ack for consumer in queue.consumers] == [True]


def test_a_service_without_consumers_is_unknown_soon_and_then_at_once(hasty):
    first = hasty.call("shop.relay", "echo", 1)
    passive_declares = len(hasty.broker.passive)

    # Later calls within a second are not even published.
    eventually(lambda: _is_refused_unpublished(hasty))

    assert (first["exc_type"], first["exc_args"]) == ("UnknownService", ["worker"])
    assert passive_declares >= 1
    assert set(hasty.broker.passive) == {"rpc-worker"}
    assert not hasty.broker.named(" counter")


def _is_refused_unpublished(stage):
    waiting = stage.broker.ready("rpc-worker")
    error = stage.call("shop.relay", "echo", 1)
    assert error["exc_type"] == "UnknownService"
    return stage.broker.ready("rpc-worker") == waiting


def test_the_spans_of_a_timer_and_of_its_call_are_exported(start):
    with collecting() as collector:
        clock = start("Clock", **collector.environment)
        clock.ready()
        clock.broker.bind("rpc-worker", "nameko-rpc", "worker.*")
        clock.answer(clock.next("rpc-worker"), 1)
        clock.process.terminate()

        def has_ended():
            if (request := clock.broker.take("rpc-worker")) is not None:
                clock.answer(request, 1)
            return clock.process.exit_code() is not None

        eventually(has_ended)
        assert clock.process.exit_code() == 0

    server, client = 2, 3
    spans = {(span.name, span.kind): span for span in collector.spans}
    assert ("clock.tick", server) in spans
    assert ("worker.echo", client) in spans
