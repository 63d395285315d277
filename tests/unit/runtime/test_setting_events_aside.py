"""A failed event whose copy cannot be published."""

from types import SimpleNamespace

import eventlet
import pytest

from mare_nameko.service import events
from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.errors import BrokerUnavailable
from mare_nameko.service.events import RetryingConsumer
from mare_nameko.service.retries import ATTEMPT, OUTAGES, RetryPolicy
from mare_nameko.topology import DEAD_LETTERS


@pytest.fixture
def pauses(monkeypatch):
    pauses = []
    monkeypatch.setattr(events.eventlet, "sleep", pauses.append)
    return pauses


def consuming(limit, publish, note=lambda outcome: None, **options):
    """Return a consumer; what it does with a message is noted."""
    consumer = RetryingConsumer(None, **options)
    consumer._policy = RetryPolicy([1.0, 60.0], limit)
    consumer.method_name = "on_paid"
    consumer.queue = SimpleNamespace(name="paid")
    consumer.container = SimpleNamespace(service_name="shop")
    consumer.publisher = SimpleNamespace(publish_message=publish)
    consumer.queue_consumer = SimpleNamespace(
        ack_message=lambda message: note("acknowledged"),
        requeue_message=lambda message: note("requeued"),
        reject_message=lambda message: note("rejected"),
    )
    return consumer


def event(headers):
    return SimpleNamespace(
        headers=headers, properties={}, body="{}", content_type=None, content_encoding=None
    )


def outcome_of_failure(error, on_give_up=None, limit=1):
    """Let a handler fail; return what the consumer does with its message."""
    outcomes = []

    def publish(*_, **__):
        raise error

    def service(*arguments):
        outcomes.append(arguments)

    consumer = consuming(limit, publish, outcomes.append, on_give_up=on_give_up)
    context = SimpleNamespace(args=("event",), service=SimpleNamespace(give_up=service))
    failure = ValueError("bad")

    result = consumer.handle_result(event({}), context, 7, (ValueError, failure, None))

    assert result == (7, (ValueError, failure, None))
    return [each if isinstance(each, str) else (each[0], each[1] is failure) for each in outcomes]


@pytest.mark.parametrize("error", [BrokerUnavailable("full"), Unroutable("retry-1s")])
def test_an_event_that_the_broker_refuses_is_requeued_after_a_pause(pauses, error):
    assert outcome_of_failure(error) == ["requeued"]
    assert pauses == [5.0]


def test_an_event_that_cannot_be_encoded_is_rejected(pauses, caplog):
    assert outcome_of_failure(RecursionError("nested")) == ["rejected"]
    assert pauses == []
    assert caplog.messages == ["shop.on_paid cannot be published again"]
    assert caplog.records[0].exc_info


def fail(errors, limit, **options):
    """Let a handler fail with each error in turn; return exchange and headers of each copy."""
    published = []
    consumer = consuming(
        limit,
        lambda copy, *to, **_: published.append((to[0], copy.headers)),
        outages=OSError,
        **options,
    )
    consumer.container.metrics = SimpleNamespace(
        retried=lambda _: None, dead_lettered=lambda _: None
    )
    headers = {}
    for error in errors:
        consumer.handle_result(event(headers), None, None, (type(error), error, None))
        headers = published[-1][1]
    return published


AWAY, BAD = ConnectionError("store"), ValueError("bad")


@pytest.mark.parametrize("limit", [1, 5])
def test_an_outage_takes_none_of_the_retries_of_an_event(limit):
    outages = fail([AWAY] * 9, limit)
    later = fail([BAD, *[AWAY] * 9, *[BAD] * limit], limit)

    assert [exchange for exchange, _ in outages] == ["retry-1s", *["retry-60s"] * 8]
    assert outages[-1][1] == {OUTAGES: 9}
    assert later[9] == ("retry-60s", {ATTEMPT: 1, OUTAGES: 9})
    assert [exchange for exchange, _ in later[10:-1]] == ["retry-60s"] * (limit - 1)
    exchange, headers = later[-1]
    assert (exchange, headers[ATTEMPT], OUTAGES in headers) == (DEAD_LETTERS, limit + 1, False)


def test_each_outage_begins_with_the_shortest_delay():
    exchanges = [exchange for exchange, _ in fail([AWAY, AWAY, BAD, AWAY], 5)]

    assert exchanges == ["retry-1s", "retry-60s", "retry-1s", "retry-1s"]


def test_the_events_of_a_handler_can_have_parking_queues_of_their_own():
    exchanges = [exchange for exchange, _ in fail([BAD, AWAY], 5, parking="job")]

    assert exchanges == ["retry-job-1s", "retry-job-1s"]


def test_without_retries_an_event_is_dead_lettered_in_an_outage():
    [(exchange, headers)] = fail([AWAY], 0)

    assert (exchange, headers[ATTEMPT]) == (DEAD_LETTERS, 1)


def test_on_give_up_is_called_before_the_event_is_dead_lettered(pauses):
    outcomes = outcome_of_failure(BrokerUnavailable("full"), on_give_up="give_up", limit=0)

    assert outcomes == [("event", True), "requeued"]


@pytest.mark.parametrize("error", [KeyError("store"), eventlet.Timeout()])
def test_an_event_is_dead_lettered_also_if_on_give_up_fails(error, caplog):
    outcomes = []
    consumer = consuming(
        0, lambda _, exchange, *__, **___: outcomes.append(exchange), outcomes.append,
        on_give_up="give_up",
    )  # fmt: skip
    consumer.container.metrics = SimpleNamespace(dead_lettered=lambda _: None)

    def give_up(*_):
        raise error

    context = SimpleNamespace(args=("event",), service=SimpleNamespace(give_up=give_up))
    consumer.handle_result(event({}), context, None, (ValueError, ValueError("bad"), None))

    assert outcomes == [DEAD_LETTERS, "acknowledged"]
    assert caplog.messages[0] == "shop.on_paid: on_give_up failed"
