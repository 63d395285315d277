"""A failed event whose copy cannot be published."""

from types import SimpleNamespace

import pytest

from mare_nameko.service import events
from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.errors import BrokerUnavailable
from mare_nameko.service.events import RetryingConsumer
from mare_nameko.service.retries import ATTEMPT, RetryPolicy
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


@pytest.mark.parametrize(
    ("error", "limit", "exchange", "failures"),
    [
        (ConnectionError("store"), 5, "retry-60s", 5),
        (ConnectionError("store"), 0, DEAD_LETTERS, 1),
        (ValueError("bad"), 5, DEAD_LETTERS, 6),
    ],
)
def test_an_outage_of_any_length_makes_no_dead_letters(error, limit, exchange, failures):
    published = []
    consumer = consuming(limit, lambda *message, **_: published.append(message), outages=OSError)
    consumer.container.metrics = SimpleNamespace(
        retried=lambda _: None, dead_lettered=lambda _: None
    )

    consumer.handle_result(event({ATTEMPT: limit}), None, None, (type(error), error, None))

    [(message, sent_to, _)] = published
    assert (sent_to, message.headers[ATTEMPT]) == (exchange, failures)


def test_on_give_up_is_called_before_the_event_is_dead_lettered(pauses):
    outcomes = outcome_of_failure(BrokerUnavailable("full"), on_give_up="give_up", limit=0)

    assert outcomes == [("event", True), "requeued"]
