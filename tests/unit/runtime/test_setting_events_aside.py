"""A failed event whose copy cannot be published."""

from types import SimpleNamespace

import pytest

from mare_nameko.service import events
from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.errors import BrokerUnavailable
from mare_nameko.service.events import RetryingConsumer
from mare_nameko.service.retries import RetryPolicy


@pytest.fixture
def pauses(monkeypatch):
    pauses = []
    monkeypatch.setattr(events.eventlet, "sleep", pauses.append)
    return pauses


def outcome_of_failure(error, on_give_up=None, limit=1):
    """Let a handler fail; return what the consumer does with its message."""
    outcomes = []

    def publish(*_, **__):
        raise error

    def service(*arguments):
        outcomes.append(arguments)

    consumer = RetryingConsumer(None, on_give_up=on_give_up)
    consumer._policy = RetryPolicy([1.0], limit)
    consumer.method_name = "on_paid"
    consumer.queue = SimpleNamespace(name="paid")
    consumer.container = SimpleNamespace(service_name="shop")
    consumer.publisher = SimpleNamespace(publish_message=publish)
    consumer.queue_consumer = SimpleNamespace(
        ack_message=lambda message: outcomes.append("acknowledged"),
        requeue_message=lambda message: outcomes.append("requeued"),
        reject_message=lambda message: outcomes.append("rejected"),
    )
    message = SimpleNamespace(
        headers={}, properties={}, body="{}", content_type=None, content_encoding=None
    )
    context = SimpleNamespace(args=("event",), service=SimpleNamespace(give_up=service))
    failure = ValueError("bad")

    result = consumer.handle_result(message, context, 7, (ValueError, failure, None))

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


def test_on_give_up_is_called_before_the_event_is_dead_lettered(pauses):
    outcomes = outcome_of_failure(BrokerUnavailable("full"), on_give_up="give_up", limit=0)

    assert outcomes == [("event", True), "requeued"]
