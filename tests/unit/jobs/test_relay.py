"""Events are published from memory; the outbox rescues those that could not be."""

import eventlet
import pytest

from mare_services.jobs.adapters import relay as module
from tests.unit.jobs.relaying import accept, becomes, end_claims, left


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
        end_claims(store)
    run()
    if not is_rescued:
        accept(store, 1, *["callback_due"] * 1000)
        accept(store, 2, "job_accepted")
        relay.flush()

    becomes(lambda: broker.published == ["job_accepted"])
    assert broker.refused <= 1


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

    now += 59.0
    within_a_minute = relay.liveness_failures()
    now += 2.0

    assert (before, within_a_minute) == ([], [])
    assert relay.liveness_failures() == ["the outbox relay has been stuck for 61 s"]


def test_each_answer_of_a_slow_store_is_progress(relay, store, run, monkeypatch):
    """A pass reads, and claims three types, each within the 17 s of a stopped PostgreSQL."""

    def slow(*_):
        nonlocal now
        now += 17.0
        failures.append(relay.liveness_failures())
        return list(module.TYPES) if len(failures) == 1 else []

    failures: list[list[str]] = []
    now = relay._progress
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    store.outbox.unclaimed_types = store.outbox.claim = slow

    run()
    becomes(lambda: len(failures) >= 4)

    assert failures[:4] == [[]] * 4


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
