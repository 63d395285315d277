"""What is published after an attempt waits for the broker, but not for ever."""

from datetime import UTC, datetime

import pytest
from kombu import Exchange

from mare_nameko.service.errors import BrokerUnavailable, MessageRefused
from mare_services.contract.callbacks import CallbackAttempted, CallbackType, Delivery, Outcome
from mare_services.webhooks.adapters import queues as module
from mare_services.webhooks.adapters.queues import WAIT_SECONDS, AmqpQueues
from tests.unit.webhooks.deliveries import DUE

ATTEMPTED = CallbackAttempted(
    job_id="1",
    delivery=Delivery(
        webhook_id="msg_1_1_complete",
        type=CallbackType.COMPLETE,
        number=1,
        at=datetime(2026, 11, 25, 12, tzinfo=UTC),
        outcome=Outcome.DELIVERED,
    ),
)


class Publisher:
    """Raises the errors in turn, and takes what is published then."""

    def __init__(self, *errors, blocked=True):
        self.errors = list(errors)
        self.blocked = blocked
        self.published = []

    def publish(self, payload, *_, **__):
        if self.errors:
            raise self.errors.pop(0)
        self.published.append(payload["job_id"])


@pytest.fixture
def waited(monkeypatch):
    """The seconds that were waited, by a clock that only waiting moves."""
    pauses = []
    monkeypatch.setattr(module.eventlet, "sleep", pauses.append)
    monkeypatch.setattr(module.time, "monotonic", lambda: sum(pauses))
    return pauses


def report(publisher):
    AmqpQueues(publisher, Exchange("webhooks.events"), {}).report(ATTEMPTED)


def test_a_report_waits_for_the_end_of_an_outage(waited):
    publisher = Publisher(*[BrokerUnavailable("alarm")] * 5)

    report(publisher)

    assert publisher.published == ["1"]


def test_a_report_is_given_up_after_ten_minutes(waited):
    publisher = Publisher(*[BrokerUnavailable("alarm")] * 10_000)

    report(publisher)

    assert publisher.published == []
    assert sum(waited) == WAIT_SECONDS


def test_a_full_queue_of_reports_holds_no_worker(waited):
    report(Publisher(MessageRefused("full")))

    assert waited == []


def park(publisher):
    AmqpQueues(publisher, Exchange("webhooks.events"), {}).park(DUE, 5)


def dead_letter(publisher):
    AmqpQueues(publisher, Exchange("webhooks.events"), {}).dead_letter(DUE, "status 503")


@pytest.mark.parametrize("publish", [park, dead_letter])
def test_a_callback_that_was_sent_waits_for_the_end_of_an_alarm(waited, publish):
    publisher = Publisher(*[BrokerUnavailable("alarm")] * 5)

    publish(publisher)

    assert publisher.published == ["1"]
    assert len(waited) == 5


@pytest.mark.parametrize(("blocked", "seconds"), [(True, WAIT_SECONDS), (False, 0)])
def test_a_callback_is_requeued_without_a_connection_or_after_ten_minutes(waited, blocked, seconds):
    with pytest.raises(BrokerUnavailable):
        park(Publisher(*[BrokerUnavailable("away")] * 10_000, blocked=blocked))

    assert sum(waited) == seconds
