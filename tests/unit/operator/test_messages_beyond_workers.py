"""Consumers hold more messages than their workers have begun: prefetched ones, ETA, countdown."""

import pytest

from mare.domain.observation import NOT_REPORTED
from mare.domain.spec import MaximumConcurrency, QueueLength, QueueWaitTime, ScalingSpec
from tests.unit.operator.building import Timeline, observation_of, once, reading

CONCURRENCY = MaximumConcurrency(workers_per_replica=1)
LENGTH = QueueLength(messages_per_replica=1, workers_per_replica=1)


def scaling(target):
    return ScalingSpec(min_replicas=1, max_replicas=50, targets=(target,))


@pytest.mark.parametrize("target", [CONCURRENCY, LENGTH, QueueWaitTime(workers_per_replica=1)])
def test_messages_that_no_worker_has_begun_add_no_replica(target):
    held = reading(0, 200, at=1000.0, consumers=2, prefetch=0.0)
    assert once(scaling(target), observation_of(2, held)).replicas == 2
    waiting = reading(2, 200, at=1000.0, consumers=2, prefetch=0.0)
    assert once(scaling(target), observation_of(2, waiting)).raw == 4


@pytest.mark.parametrize(("idle", "raw"), [(47, 3), (0, 50)])
def test_replicas_without_a_message_have_begun_none(idle, raw):
    held = reading(0, 200, at=1000.0, consumers=50, prefetch=0.0)
    assert once(scaling(CONCURRENCY), observation_of(50, held, idle=idle), since=0.0).raw == raw


def test_messages_of_clients_without_a_consumer_are_in_progress():
    taken = reading(0, 2, at=1000.0, consumers=0)
    assert once(scaling(CONCURRENCY), observation_of(2, taken)).raw == 2


def with_held(target, *, held=200, seconds=600):
    """2 messages/s of 0.5 s, and messages that one replica holds from second 100 on."""
    time = Timeline(scaling(target), 1)
    for second in range(seconds):
        time.now = float(second)
        at, extra = second // 5 * 5, held if second // 5 * 5 >= 100 else 0
        counters = {"published": 2 * at + extra, "delivered": 2 * at + extra}
        time.read(
            reading(
                0,
                extra + 1,
                at=time.now,
                statistics_at=float(at),
                sampled_after=float(at),
                acknowledged=2 * at,
                consumers=time.replicas,
                prefetch=0.0,
                **counters,
            )
        )
    return time


@pytest.mark.parametrize("target", [CONCURRENCY, QueueWaitTime(workers_per_replica=1)])
def test_held_messages_hold_no_replicas_and_do_not_make_workers_look_slow(target):
    time = with_held(target)
    assert max(decision.replicas for decision in time.decisions) <= 4
    assert time.history.learning.estimates.service_seconds == pytest.approx(0.5)
    held = time.history.held_messages
    assert (held.beyond_since, held.beyond) == (100.0, 201 - time.replicas)


def test_messages_of_workers_are_not_beyond_them():
    assert with_held(CONCURRENCY, held=0).history.held_messages.beyond_since is None


@pytest.mark.parametrize(
    ("delay", "raw"),
    [
        pytest.param({"consumers": 0}, 1, id="nothing was ever delivered"),
        pytest.param({"consumers": 0, "delivered": 5}, 41, id="clients fetch them"),
        pytest.param({"consumers": 1}, 41, id="a replica consumes them"),
        pytest.param({"consumers": 0, "delivered": NOT_REPORTED}, 41, id="it is not known"),
    ],
)
def test_messages_of_a_queue_that_the_replicas_do_not_consume_are_no_load(delay, raw):
    """Such as a queue with x-message-ttl that delays messages by dead-lettering them."""
    queues = reading(2, 0, at=1000.0), reading(400, at=1000.0, name="delay", **delay)
    length = QueueLength(messages_per_replica=10)
    decision = once(scaling(length), observation_of(2, *queues))
    named = "400 messages of delay are not counted, except to keep the workload active"
    assert (decision.raw, named in decision.message) == (raw, raw == 1)
    idle = ScalingSpec(max_replicas=50, targets=(length,))
    assert once(idle, observation_of(0, *queues)).raw == 41


def test_a_queue_that_lost_its_consumers_and_counters_still_counts():
    """As in a failover of its node."""
    timeline = Timeline(scaling(QueueLength(messages_per_replica=10)), 2)
    for consumers in (1, 0):
        timeline.now += 1
        other = reading(400, at=timeline.now, name="other", consumers=consumers)
        decision = timeline.read(reading(2, at=timeline.now), other)
    assert decision.raw == 41


def test_no_queue_is_left_out_while_no_queue_has_a_consumer():
    starting = reading(40, at=1000.0, consumers=0)
    length = QueueLength(messages_per_replica=10)
    assert once(scaling(length), observation_of(2, starting)).raw == 4
