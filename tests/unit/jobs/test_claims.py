"""An event is published while its claim lasts, so that no other process publishes it too."""

import math
from datetime import UTC, datetime
from types import SimpleNamespace

import eventlet
import pytest
from eventlet.event import Event as Signal

from mare_nameko.tracing import Tracer
from mare_services.jobs import outbox as outbox_module
from mare_services.jobs.adapters import relay as module
from mare_services.jobs.adapters.publishing import JobEvents
from mare_services.jobs.adapters.relay import EventRelay
from mare_services.jobs.ports import StoredEvent
from tests.fakes.clock import Clock
from tests.unit.jobs.relaying import accept, becomes, left


class SlowBroker:
    """Confirms what was published before when a second has passed."""

    def __init__(self):
        self.published = []
        self.confirms = Signal()

    def send(self, event):
        self.published.append(event.message_id)
        self.confirms.wait()

    def confirm(self):
        confirms, self.confirms = self.confirms, Signal()
        confirms.send()


@pytest.fixture
def clock(store):
    clock = Clock(1_800_000_000.0)
    store.outbox.clock = lambda: datetime.fromtimestamp(clock(), UTC)
    return clock


@pytest.fixture
def start(store, monkeypatch):
    """Start a relay as a process of the service does."""
    monkeypatch.setattr(module.tpool, "execute", lambda call, *arguments: call(*arguments))
    monkeypatch.setattr(module, "RESCUE_SECONDS", 0.01)
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.01)
    threads = []

    def start(broker):
        relay = EventRelay(store.outbox, broker.send)
        threads.append(eventlet.spawn(relay.run))
        return relay

    yield start
    for thread in threads:
        thread.kill()


def test_no_event_is_published_twice_if_each_confirm_takes_a_second(store, clock, start):
    broker = SlowBroker()
    relay = start(broker)
    start(broker)
    store.outbox.publish = relay.take
    accept(store, 1, *["job_accepted"] * 500)
    relay.flush()

    def is_published():
        clock.now += 0.2
        if clock.now % 1 < 0.2:
            broker.confirm()
        return left(store) == []

    becomes(is_published)

    assert len(broker.published) == len(set(broker.published)) == 500


@pytest.mark.parametrize(("ahead", "published"), [(3600, 1), (outbox_module.CLAIM_SECONDS, 0)])
def test_a_claim_of_a_clock_that_was_an_hour_ahead_does_not_hold(store, clock, ahead, published):
    clock.now += ahead
    accept(store, 1, "job_accepted")  # its process dies before it publishes
    clock.now -= ahead
    now = datetime.fromtimestamp(clock(), UTC)

    unclaimed = store.outbox.unclaimed_types(now)
    claimed = store.outbox.claim(now, now, 1, "job_accepted")

    assert len(unclaimed) == len(claimed) == published


def test_a_claim_that_has_ended_is_not_released_as_it_may_be_of_another_process(
    store, clock, monkeypatch
):
    monkeypatch.setattr(module.tpool, "execute", lambda call, *arguments: call(*arguments))
    broker = SlowBroker()
    relay = EventRelay(store.outbox, broker.send)
    store.outbox.publish = relay.take
    accept(store, 1, "job_accepted")
    clock.now += outbox_module.CLAIM_SECONDS + 1
    now = datetime.fromtimestamp(clock(), UTC)
    store.outbox.claim(now, datetime.fromtimestamp(clock() + 15, UTC), 1, "job_accepted")

    relay.stop(0.1)

    assert (broker.published, left(store)) == ([], [("job_accepted", True)])


def test_a_claim_that_ends_before_the_store_can_release_it_is_not_released(
    store, clock, monkeypatch
):
    monkeypatch.setattr(module.tpool, "execute", lambda call, *arguments: call(*arguments))
    relay = EventRelay(store.outbox, lambda _: None)
    relay._lanes["job_accepted"].paused_until = math.inf
    store.outbox.publish = relay.take
    accept(store, 1, "job_accepted")
    relay.flush()  # releases it
    clock.now += outbox_module.CLAIM_SECONDS + 1
    now = datetime.fromtimestamp(clock(), UTC)
    store.outbox.claim(now, datetime.fromtimestamp(clock() + 15, UTC), 1, "job_accepted")

    relay.stop(0.1)

    assert left(store) == [("job_accepted", True)]


@pytest.mark.parametrize(("setting", "given"), [(86_400.0, 6.0), (0.5, 0.5)])
def test_a_confirm_has_time_as_long_as_the_claim_lasts(setting, given):
    """A durable event without a queue comes back: its service may never have run."""
    published = []
    publisher = SimpleNamespace(
        declare=lambda _: None,
        isolate=lambda _: None,
        publish_message=lambda *_, **rest: published.append(rest),
    )
    container = SimpleNamespace(
        tracer=Tracer(),
        service_name="jobs",
        config={},
        settings=SimpleNamespace(publish_seconds=setting),
    )

    events = JobEvents(container, publisher)
    for durable in (True, False):
        events.send(StoredEvent(message_id="1", type="t", body="{}", durable=durable))

    assert published == [{"mandatory": durable, "seconds": given} for durable in (True, False)]
