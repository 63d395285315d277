"""What cannot be published waits for the end of a pause, durable events in the outbox."""

import itertools
import math
from datetime import timedelta

import eventlet
import pytest

from mare_services.jobs import outbox as outbox_module
from mare_services.jobs.adapters import relay as module
from mare_services.jobs.ports import StoredEvent
from tests.job_stores import outbox
from tests.unit.jobs.relaying import accept, becomes, end_claims, left


@pytest.fixture
def by_hand(monkeypatch):
    """No pause ends by itself, and the outbox is read once unless something causes a read."""
    monkeypatch.setattr(module, "PAUSE_SECONDS", 3600)
    monkeypatch.setattr(module, "RESCUE_SECONDS", 3600)


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
    clock, behind = store.outbox.clock, timedelta(seconds=outbox_module.CLAIM_SECONDS + 1)
    accept(store, 1, "job_accepted")  # the process dies before it publishes
    store.outbox.clock = lambda: clock() - behind
    accept(store, 2, "callback_due")
    store.outbox.clock = clock
    run()

    becomes(lambda: left(store) == [("job_accepted", True)])

    assert broker.published == ["callback_due"]


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("count", [1, 3 * module.BATCH])
def test_events_of_a_dead_process_are_rescued_although_a_load_goes_on(
    relay, store, broker, run, count
):
    def load():
        while True:
            accept(store, next(numbers), "job_accepted")
            relay.flush()
            eventlet.sleep(0.01)

    numbers = itertools.count(1)
    broker.confirm_seconds = 0.05
    accept(store, 0, *["job_accepted"] * count)  # the process dies before it publishes
    end_claims(store)
    of_the_dead = {event.message_id for event in outbox(store)}
    store.outbox.publish = relay.take
    loading = eventlet.spawn(load)
    becomes(lambda: broker.published)
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


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("kind", ["job_changed", "callback_due"])
def test_after_a_pause_the_outbox_is_not_read_for_each_event(relay, store, broker, run, kind):
    reads = []
    unclaimed_types = store.outbox.unclaimed_types
    store.outbox.unclaimed_types = lambda now: (reads.append(now), unclaimed_types(now))[1]
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


@pytest.mark.usefixtures("by_hand")
def test_notices_of_a_pause_are_published_after_it(relay, store, broker, run):
    broker.in_alarm = True
    run()
    accept(store, 1, *["job_changed"] * 3)
    relay.flush()
    lane = relay._lanes["job_changed"]
    becomes(lambda: lane.paused_until)
    accept(store, 2, *["job_changed"] * 2)
    relay.flush()

    broker.in_alarm = False
    lane.paused_until = 0.0

    becomes(lambda: len(set(broker.ids)) == 5)


def test_of_more_notices_than_a_pause_may_keep_the_newest_are_kept(relay):
    lane = relay._lanes["job_changed"]
    lane.paused_until = math.inf
    ids = [str(number) for number in range(module.NOTICES + 2)]

    relay.take([StoredEvent(message_id=each, type="job_changed", body="{}", durable=False)
                for each in ids])  # fmt: skip
    relay.flush()

    assert [event.message_id for event in lane.waiting] == ids[2:]


def test_a_notice_that_the_version_before_has_stored_leaves_the_outbox(store, broker, run):
    broker.without_queue = {"job_changed"}
    accept(store, 1, "job_accepted")
    with store.database.transaction() as transaction:
        transaction.execute("UPDATE outbox SET type = 'job_changed', claimed_until = 0")

    run()

    becomes(lambda: left(store) == [])
    assert broker.refused == 1
