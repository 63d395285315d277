"""Events: published by a service, handled by it, and retried until they are dead letters."""

import json

import pytest

from mare_nameko.topology import DEAD_LETTERS
from tests.otlp import attributes, collecting
from tests.unit.runtime_service.stage import CONTEXT, HANDLED, TRACE_ID, within
from tests.vhost import eventually

THINGS = "evt-front-thing--shop.on_thing"
HOPELESS = "evt-front-hopeless--shop.on_hopeless"


def settled(shop, queue):
    eventually(lambda: shop.broker.ready(queue) == 0 and shop.broker.unacked(queue) == 0)


def entries(shop, data):
    return [entry for entry in shop.entries() if entry.startswith(data)]


def test_an_event_is_published_with_the_ids_of_its_request_and_without_its_deadline(shop):
    shop.call("shop.emit", {"n": 1}, headers={**CONTEXT, **within(30)})

    event = shop.next("events")
    assert json.loads(event.body) == {"n": 1}
    assert (event.exchange, event.routing_key) == ("shop.events", "thing")
    assert event.properties["delivery_mode"] == 2
    assert len(event.properties["message_id"]) == 32
    assert event.headers["nameko.request_id"] == "request-1"
    assert event.headers["nameko.tracestate"] == "vendor=1"
    _, trace_id, span_id, _ = event.headers["nameko.traceparent"].split("-")
    assert trace_id == TRACE_ID
    assert span_id != "00f067aa0ba902b7"
    assert "nameko.deadline" not in event.headers


def test_the_spans_of_an_event_are_exported(start):
    with collecting() as collector:
        shop = start("Shop", **collector.environment).ready()
        shop.call("shop.emit", 1, headers=CONTEXT)
        shop.emit("thing", "good", application_headers=CONTEXT)
        eventually(lambda: entries(shop, "good"))
        shop.process.terminate()
        assert shop.process.wait(60) == 0

    server, producer, consumer = 2, 4, 5
    spans = {(span.name, span.kind): span for span in collector.spans}
    published = spans["shop.thing", producer]
    assert published.trace_id.hex() == TRACE_ID
    assert published.parent_span_id == spans["shop.emit", server].span_id
    assert attributes(published)["messaging.system"] == "rabbitmq"
    assert spans["shop.on_thing", consumer].trace_id.hex() == TRACE_ID


def test_an_event_that_the_broker_refuses_is_an_error_of_the_request(shop):
    shop.broker.outcome = lambda message: "nack" if message.exchange == "shop.events" else "ack"
    try:
        error = shop.call("shop.emit", 1)
    finally:
        shop.broker.outcome = lambda message: "ack"

    assert error["exc_type"] == "MessageRefused"


def test_an_event_is_handled_with_its_context_and_acknowledged(shop):
    handled = shop.metric(HANDLED, entrypoint="on_thing", outcome="ok")
    headers = {**CONTEXT, **within(-60)}  # the deadline of a stock service

    shop.emit("thing", "good", application_headers=headers)

    eventually(lambda: shop.metric(HANDLED, entrypoint="on_thing", outcome="ok") == handled + 1)
    (entry,) = entries(shop, "good")
    assert entry.split()[2] == "request-1"
    settled(shop, THINGS)
    assert shop.metric("runtime_expired_total", entrypoint="on_thing") == 0


def test_a_failed_event_is_parked_with_growing_delays_and_then_dead_lettered(shop):
    headers = {"nameko.request_id": "r-1", "other": "kept"}
    properties = {"message_id": "m-1", "correlation_id": "c-1", "type": "t", "app_id": "a"}
    shop.emit("thing", "bad", application_headers=headers, **properties)

    for failures, parked_in in enumerate(["1s", "10s", "60s", "60s", "60s"], 1):
        queue = f"retry-{parked_in}"
        eventually(lambda queue=queue: shop.broker.ready(queue) == 1)
        (parked,) = shop.broker.held[queue].ready
        assert (parked.exchange, parked.routing_key) == (queue, THINGS)
        assert parked.headers == {**headers, "retry-attempt": failures}
        assert parked.properties["delivery_mode"] == 2
        assert len(entries(shop, "bad")) == failures
        settled(shop, THINGS)
        shop.broker.expire(queue)

    dead = shop.next(DEAD_LETTERS)
    assert json.loads(dead.body) == "bad"
    assert (dead.exchange, dead.routing_key) == (DEAD_LETTERS, THINGS)
    assert dead.properties["delivery_mode"] == 2
    assert dead.properties["content_type"] == "application/json"
    assert dead.properties["content_encoding"] == "utf-8"
    assert {name: dead.properties[name] for name in properties} == properties
    assert dead.headers == {
        **headers,
        "retry-attempt": 6,
        "dead-letter-reason": "retries-exhausted",
        "dead-letter-error": "ValueError: 2026-01-01 00:00:00",
        "dead-letter-queue": THINGS,
    }
    settled(shop, THINGS)
    assert shop.metric("runtime_retried_total", service="shop", entrypoint="on_thing") == 5
    assert shop.metric("runtime_dead_lettered_total", service="shop", entrypoint="on_thing") == 1
    assert shop.metric(HANDLED, entrypoint="on_thing", outcome="failure") == 6


def test_the_service_learns_which_event_is_given_up(shop):
    shop.emit("hopeless", "case", application_headers={"retry-attempt": 5})

    dead = shop.next(DEAD_LETTERS)
    assert dead.headers["dead-letter-error"] == "LookupError: case"
    assert entries(shop, "gave up case") == ["gave up case: LookupError"]
    settled(shop, HOPELESS)


def test_a_failed_event_of_a_queue_that_does_not_last_is_dead_lettered_at_once(shop):
    shop.emit("news", "bad")

    dead = shop.next(DEAD_LETTERS)
    assert dead.headers["dead-letter-queue"].startswith("evt-front-news--shop.on_news-")
    assert dead.headers["retry-attempt"] == 1
    assert shop.metric("runtime_retried_total", entrypoint="on_news") == 0


@pytest.mark.parametrize(
    ("reason", "properties"),
    [
        ("undecodable", {"body": b'{"'}),
        ("call_id_stack", {"application_headers": {"nameko.call_id_stack": [1]}}),
    ],
)
def test_a_malformed_event_is_rejected_and_counted(shop, reason, properties):
    rejected = len(shop.broker.rejected)

    shop.emit("thing", "malformed", **properties)

    eventually(lambda: len(shop.broker.rejected) == rejected + 1)
    assert shop.metric("runtime_rejected_total", service="shop", reason=reason) == 1
    assert not entries(shop, "malformed")
    assert shop.metric("runtime_messages_in_hand") == 0


def test_messages_of_any_queue_can_be_consumed(shop):
    shop.emit("thing", "x")
    with shop.broker.lock:
        exchange = shop.broker.exchanges["orders"]["type"]
    stored = shop.broker.held[THINGS]  # declared like those of events
    assert exchange == "direct"
    assert stored.options["durable"]

    shop.publish("orders", "order", 7)

    eventually(lambda: entries(shop, "order") == ["order 7"])


def test_the_queues_of_retries_and_dead_letters_are_declared(shop):
    held = shop.broker.held
    for name, milliseconds in (("retry-1s", 1000), ("retry-10s", 10_000), ("retry-60s", 60_000)):
        expected = {"x-message-ttl": milliseconds, "x-dead-letter-exchange": ""}
        assert held[name].options["arguments"] == expected
        assert held[name].options["durable"]
        assert shop.broker.exchanges[name]["type"] == "fanout"
        assert shop.broker.exchanges[name]["durable"]
    assert held[DEAD_LETTERS].options["arguments"] == {"x-queue-type": "quorum"}
    assert shop.broker.exchanges[DEAD_LETTERS]["type"] == "topic"
    assert (DEAD_LETTERS, DEAD_LETTERS, "#") in shop.broker.bindings
