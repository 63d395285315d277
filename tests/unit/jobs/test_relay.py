"""Events are published from memory; the outbox rescues those that could not be."""

import itertools

import eventlet
import pytest
from eventlet.event import Event as Signal

from mare_nameko.service.confirming_session import Unroutable
from mare_services.jobs import outbox as outbox_module
from mare_services.jobs.adapters import relay as module
from mare_services.jobs.adapters.relay import EventRelay
from tests.job_stores import outbox
from tests.unit.jobs.accepting import accept, becomes, left


class Broker:
    def __init__(self):
        self.without_queue, self.silent = set(), set()
        self.published, self.refused = [], 0
        self.in_flight, self.most_in_flight = 0, 0
        self.ids, self.confirm_seconds = [], 0

    def send(self, event):
        if event.type in self.silent:
            Signal().wait()
        if event.type in self.without_queue:
            self.refused += 1
            raise Unroutable(event.type)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.ids.append(event.message_id)
        eventlet.sleep(self.confirm_seconds)
        self.in_flight -= 1
        self.published.append(event.type)


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def relay(store, broker, monkeypatch):
    monkeypatch.setattr(module.tpool, "execute", lambda call, *arguments: call(*arguments))
    return EventRelay(store.outbox, broker.send)


@pytest.fixture
def run(relay):
    """Run the relay as the service does; it takes what transactions commit."""
    threads = []

    def start():
        relay._outbox.publish = relay.take
        threads.append(eventlet.spawn(relay.run))

    yield start
    for thread in threads:
        thread.kill()


def test_what_is_committed_is_published_without_reading_the_outbox(relay, store, broker, run):
    run()
    store.outbox.claim = None  # it cannot be called
    accept(store, 1, "job_accepted", "job_changed")
    claimed = left(store)

    relay.flush()

    becomes(lambda: sorted(broker.published) == ["job_accepted", "job_changed"])
    assert claimed == [("job_accepted", True)]
    becomes(lambda: left(store) == [])


def test_what_an_abandoned_call_commits_is_published_without_another_call(store, broker, run):
    run()
    eventlet.sleep(0)

    accept(store, 1, "job_accepted")  # no flush follows: the deadline of the call has passed

    becomes(lambda: broker.published == ["job_accepted"])


def test_many_events_are_in_flight_and_their_rows_are_deleted_together(relay, store, broker, run):
    settled = []
    settle = store.outbox.settle
    store.outbox.settle = lambda *ids: (settled.append(len(ids[0])), settle(*ids))
    run()
    accept(store, 0, "job_accepted")
    relay.flush()
    becomes(lambda: broker.published)
    for number in range(1, 100):
        accept(store, number, "job_accepted")

    relay.flush()

    becomes(lambda: left(store) == [])
    assert len(broker.published) == 100
    assert broker.most_in_flight == module.IN_FLIGHT
    assert len(settled) <= 4


@pytest.mark.parametrize("case", ["without_queue", "silent", "without_queue rescued",
                                  "silent rescued"])  # fmt: skip
def test_a_thousand_events_that_cannot_be_published_hold_back_no_other(
    relay, store, broker, run, case
):
    trouble, _, is_rescued = case.partition(" ")
    setattr(broker, trouble, {"callback_due"})
    if is_rescued:
        accept(store, 1, *["callback_due"] * 1000)
        accept(store, 2, "job_accepted")
    run()
    if not is_rescued:
        accept(store, 1, *["callback_due"] * 1000)
        accept(store, 2, "job_accepted")
        relay.flush()

    becomes(lambda: broker.published == ["job_accepted"])
    assert broker.refused <= 1


def test_they_are_published_when_the_queue_exists(relay, store, broker, run, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.01)
    broker.without_queue = {"callback_due"}
    run()
    accept(store, 1, *["callback_due"] * 300)
    relay.flush()
    becomes(lambda: broker.refused > 1)

    broker.without_queue = set()

    becomes(lambda: broker.published == ["callback_due"] * 300)
    becomes(lambda: left(store) == [])


def test_an_event_that_cannot_be_published_has_no_claim_any_more(relay, store, broker, run):
    broker.without_queue = {"job_accepted"}
    run()
    accept(store, 1, "job_accepted", "job_accepted")

    relay.flush()

    becomes(lambda: left(store) == [("job_accepted", False)] * 2)


def test_an_event_of_a_dead_process_is_rescued_after_its_claim(
    relay, store, broker, run, monkeypatch
):
    monkeypatch.setattr(module, "RESCUE_SECONDS", 0.01)
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.01)
    store.outbox.publish = lambda _: None  # the process dies before it publishes
    now = outbox_module.time()
    accept(store, 1, "job_accepted")
    monkeypatch.setattr(outbox_module, "time", lambda: now - outbox_module.CLAIM_SECONDS - 1)
    accept(store, 2, "callback_due")
    run()

    becomes(lambda: left(store) == [("job_accepted", True)])

    assert broker.published == ["callback_due"]


@pytest.mark.parametrize("count", [1, 3 * module.BATCH])
def test_events_of_a_dead_process_are_rescued_although_a_load_goes_on(
    relay, store, broker, run, monkeypatch, count
):
    def load():
        while True:
            accept(store, next(numbers), "job_accepted")
            relay.flush()
            eventlet.sleep(0.01)

    numbers = itertools.count(1)
    broker.confirm_seconds = 0.05
    store.outbox.publish = lambda _: None  # the process dies before it publishes
    accept(store, 0, *["job_accepted"] * count)
    with store.database.transaction() as transaction:
        transaction.execute("UPDATE outbox SET claimed_until = 0")
    of_the_dead = {event.message_id for event in outbox(store)}
    store.outbox.publish = relay.take
    loading = eventlet.spawn(load)
    becomes(lambda: broker.published)
    monkeypatch.setattr(module, "RESCUE_SECONDS", 3600)
    run()

    try:
        becomes(lambda: of_the_dead <= set(broker.ids))
    finally:
        loading.kill()
    assert len(broker.ids) == len(set(broker.ids))


def test_a_notice_that_cannot_be_published_is_dropped(relay, store, broker, run):
    broker.without_queue = {"job_changed"}
    run()
    accept(store, 1, "job_changed", "job_changed", "job_accepted")

    relay.flush()

    becomes(lambda: broker.published == ["job_accepted"])
    becomes(lambda: left(store) == [])
    assert broker.refused == 1


@pytest.mark.parametrize("kind", ["job_changed", "callback_due"])
def test_after_a_pause_the_outbox_is_not_read_for_each_event(
    relay, store, broker, run, monkeypatch, kind
):
    reads = []
    unclaimed_types = store.outbox.unclaimed_types
    monkeypatch.setattr(
        store.outbox, "unclaimed_types", lambda now: (reads.append(now), unclaimed_types(now))[1]
    )
    monkeypatch.setattr(module, "RESCUE_SECONDS", 3600)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 3600)
    broker.without_queue = {kind}
    run()
    accept(store, 1, kind)
    relay.flush()
    becomes(lambda: broker.refused)
    accept(store, 2, kind)
    relay.flush()
    becomes(lambda: not any(claimed for _, claimed in left(store)))
    store.outbox.settle([event.message_id for event in outbox(store)])  # by another process
    broker.without_queue = set()
    relay._lanes[kind].paused_until = 0.0
    reads.clear()

    for number in range(50):
        accept(store, number + 10, kind)
        relay.flush()
        becomes(lambda published=number: len(broker.published) > published)

    assert len(reads) <= 1


def test_a_notice_that_the_version_before_has_stored_leaves_the_outbox(store, broker, run):
    broker.without_queue = {"job_changed"}
    accept(store, 1, "job_accepted")
    with store.database.transaction() as transaction:
        transaction.execute("UPDATE outbox SET type = 'job_changed', claimed_until = 0")

    run()

    becomes(lambda: left(store) == [])
    assert broker.refused == 1


def test_a_relay_that_stops_publishes_what_is_committed(relay, store, broker):
    store.outbox.publish = relay.take
    accept(store, 1, *["job_accepted"] * 60)

    relay.stop(60)

    assert broker.published == ["job_accepted"] * 60
    assert left(store) == []


def test_what_a_stopping_relay_cannot_publish_is_left_without_a_claim(relay, store, broker):
    broker.silent = {"job_accepted"}
    store.outbox.publish = relay.take
    accept(store, 1, *["job_accepted"] * 3)

    relay.stop(0.01)

    claimed = [is_claimed for _, is_claimed in left(store)]
    assert claimed == [True, False, False], "one may be at the broker"


def test_a_store_that_stays_full_does_not_fill_the_log(relay, store, run, monkeypatch, caplog):
    def fail(_):
        attempts.append(1)
        raise OSError("database or disk is full")

    attempts: list[int] = []
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.001)
    store.outbox.unclaimed_types = fail

    run()
    becomes(lambda: len(attempts) > 5)

    assert caplog.messages == ["The outbox cannot be used: OSError: database or disk is full"]


def test_a_relay_without_progress_for_a_minute_is_not_alive(relay, store, broker, monkeypatch):
    now = relay._progress
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    before = relay.liveness_failures()

    now += 60.0
    within_a_minute = relay.liveness_failures()
    now += 1.0

    assert (before, within_a_minute) == ([], [])
    assert relay.liveness_failures() == ["the outbox relay has been stuck for 61 s"]


def test_a_type_that_does_not_end_is_no_progress(relay, store, broker, monkeypatch):
    now = relay._progress
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    broker.silent = {"callback_due"}
    store.outbox.publish = relay.take
    accept(store, 1, "callback_due")
    relay.flush()
    eventlet.sleep(0)

    now += 61.0
    relay._progress = now

    assert relay.liveness_failures() == ["the outbox relay has been stuck for 61 s"]
