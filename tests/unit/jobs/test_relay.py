"""The outbox is published although the queue of one type does not exist."""

from datetime import UTC, datetime

import eventlet
import pytest
from eventlet.event import Event

from mare_nameko.service.confirming_session import Unroutable
from mare_services.contract.jobs import JobSubmission
from mare_services.jobs.adapters import relay as module
from mare_services.jobs.adapters.relay import OutboxRelay
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.domain.job import OutboxEvent, Terms, new_job
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Change


class Publisher:
    def __init__(self):
        self.without_queue, self.silent = set(), set()
        self.published, self.refused = [], 0

    def publish(self, data, exchange, event_type, *, mandatory, **_):
        if event_type in self.silent:
            Event().wait()
        if mandatory and event_type in self.without_queue:
            self.refused += 1
            raise Unroutable(event_type)
        self.published.append(event_type)


class Container:
    dependencies = ()

    def spawn_managed_thread(self, run, identifier):
        return eventlet.spawn(run)


@pytest.fixture
def store(tmp_path):
    store = JobStore(Sqlite(tmp_path / "jobs.db"))
    yield store
    store.close()


@pytest.fixture
def relay(store, monkeypatch):
    monkeypatch.setattr(module.tpool, "execute", lambda call, *arguments: call(*arguments))
    relay = OutboxRelay()
    relay.container = Container()
    relay.publisher = Publisher()
    relay._exchange = type("Exchange", (), {"name": "jobs.events"})
    relay._store = lambda: store
    yield relay
    relay.stop()


def accept(store, number, *kinds):
    job = new_job(JobSubmission(id=str(number), request={}), None, datetime.now(UTC), Terms())
    store.accept(Change(job, tuple(OutboxEvent(kind, {}) for kind in kinds)))


def becomes(condition):
    with eventlet.Timeout(60):
        while not condition():
            eventlet.sleep(0.01)


@pytest.mark.parametrize("trouble", ["without_queue", "silent"])
def test_a_thousand_events_that_cannot_be_published_hold_back_no_other(relay, store, trouble):
    setattr(relay.publisher, trouble, {"callback_due"})
    accept(store, 1, *["callback_due"] * 1000)
    accept(store, 2, "job_accepted", "job_changed")

    relay.start()

    becomes(lambda: len(relay.publisher.published) == 2)
    assert set(relay.publisher.published) == {"job_accepted", "job_changed"}
    assert relay.publisher.refused <= 1


def test_they_are_published_when_the_queue_exists(relay, store, monkeypatch):
    monkeypatch.setattr(module, "CLAIM_SECONDS", -1.0)  # a claim ends at once
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    relay.publisher.without_queue = {"callback_due"}
    accept(store, 1, *["callback_due"] * 3)
    relay.start()
    becomes(lambda: relay.publisher.refused)

    relay.publisher.without_queue = set()
    relay._wake()

    becomes(lambda: relay.publisher.published == ["callback_due"] * 3)


def test_a_store_that_stays_full_does_not_fill_the_log(relay, monkeypatch, caplog):
    def fail():
        attempts.append(1)
        raise OSError("database or disk is full")

    attempts: list[int] = []
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(module, "TYPES", {"job_accepted": True})
    relay._store = fail

    relay.start()
    becomes(lambda: len(attempts) > 5)

    assert caplog.messages == [
        "job_accepted cannot be published: OSError: database or disk is full"
    ]


def test_a_relay_without_progress_for_a_minute_is_not_alive(relay, store, monkeypatch):
    now = 0.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    before = relay.liveness_failures()
    accept(store, 1, "job_changed")
    relay._publish_batch("job_changed")

    now = 60.0
    within_a_minute = relay.liveness_failures()
    now = 61.0

    assert (before, within_a_minute) == ([], [])
    assert relay.liveness_failures() == ["the outbox relay has been stuck for 61 s"]
