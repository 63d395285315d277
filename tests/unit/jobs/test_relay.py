"""The outbox is published although the queue of one type does not exist."""

from datetime import UTC, datetime

import pytest

from mare_nameko.service.confirming_session import Unroutable
from mare_services.jobs.adapters import relay as module
from mare_services.jobs.adapters.relay import BATCH, OutboxRelay
from mare_services.jobs.adapters.sql import SqlJobStore
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.domain.job import OutboxEvent, Terms, new_job
from mare_services.jobs.ports import Change


class Publisher:
    def __init__(self):
        self.without_queue = set()
        self.published, self.refused = [], 0

    def publish(self, data, exchange, event_type, *, mandatory, **_):
        if mandatory and event_type in self.without_queue:
            self.refused += 1
            raise Unroutable(event_type)
        self.published.append(event_type)


@pytest.fixture
def store(tmp_path):
    store = SqlJobStore(Sqlite(tmp_path / "jobs.db"))
    yield store
    store.close()


@pytest.fixture
def clock(monkeypatch):
    times = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: times[0])
    return times


@pytest.fixture
def relay(store, monkeypatch, clock):
    monkeypatch.setattr(module.tpool, "execute", lambda call, *arguments: call(*arguments))
    relay = OutboxRelay()
    relay.publisher = Publisher()
    relay._exchange = type("Exchange", (), {"name": "jobs.events"})
    relay._store = lambda: store
    return relay


def accept(store, number, *kinds):
    job = new_job(
        job_id=str(number),
        client="",
        request={},
        idempotency_key=None,
        now=datetime.now(UTC),
        terms=Terms(),
    )
    store.accept(Change(job, tuple(OutboxEvent(kind, {}) for kind in kinds)))


def publish_all(relay):
    while relay._publish_batch() == BATCH:
        pass


def test_a_thousand_events_without_a_queue_hold_back_no_other(relay, store):
    relay.publisher.without_queue = {"callback_due"}
    accept(store, 1, *["callback_due"] * 1000)
    accept(store, 2, "job_accepted")

    publish_all(relay)

    assert relay.publisher.published == ["job_accepted"]
    assert relay.publisher.refused == 1


def test_they_are_published_when_the_queue_exists(relay, store, clock, monkeypatch):
    monkeypatch.setattr(module, "CLAIM_SECONDS", -1.0)  # a claim ends at once
    relay.publisher.without_queue = {"callback_due"}
    accept(store, 1, *["callback_due"] * 3)
    publish_all(relay)
    relay.publisher.without_queue = set()

    publish_all(relay)
    assert relay.publisher.published == []
    clock[0] += module.UNROUTABLE_SECONDS
    publish_all(relay)

    assert relay.publisher.published == ["callback_due"] * 3


def test_a_relay_without_progress_for_a_minute_is_not_alive(relay, store, clock):
    accept(store, 1, "job_changed")
    before = relay.liveness_failures()

    publish_all(relay)
    clock[0] = 60.0
    within_a_minute = relay.liveness_failures()
    clock[0] = 61.0

    assert (before, within_a_minute) == ([], [])
    assert relay.liveness_failures() == ["the outbox relay has been stuck for 61 s"]
