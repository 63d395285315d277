"""Consumers hold more messages than their workers have begun: prefetched ones, ETA, countdown."""

import pytest

from mare.domain.delivered_bursts import DeliveredBursts
from mare.domain.observation import NOT_REPORTED, load_of
from mare.domain.spec import MaximumConcurrency, QueueLength, QueueWaitTime, ScalingSpec
from tests.unit.operator.building import Timeline, observation_of, once, reading

CONCURRENCY = MaximumConcurrency(workers_per_replica=1)
LENGTH = QueueLength(messages_per_replica=1, workers_per_replica=1)
FOUR_EACH = QueueLength(messages_per_replica=4)


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


def with_held(target, *, held=200, seconds=600, idle=None):
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
            ),
            **({} if idle is None else {"idle": max(0, time.replicas - idle)}),
        )
    return time


@pytest.mark.parametrize(
    ("target", "most"),
    [
        (CONCURRENCY, 1),
        (MaximumConcurrency(workers_per_replica=1, busy_percent=80), 5),
        (QueueWaitTime(workers_per_replica=1), 2),
        (FOUR_EACH, 3),
        (QueueLength(messages_per_replica=20), 3),
    ],
)
def test_held_messages_hold_no_replicas(target, most):
    time = with_held(target)
    assert max(decision.replicas for decision in time.decisions) == most


def test_held_messages_that_no_target_counts_are_named_and_reported():
    time = with_held(FOUR_EACH)
    message = time.decisions[-1].message
    assert "12 messages at 4 per replica need 3 replicas." in message
    assert "189 more messages are unacknowledged: no other replica can take them." in message
    held = time.history.held_messages
    assert (held.beyond_since, held.beyond) == (100.0, 189)


@pytest.mark.parametrize(("idle", "raw"), [(7, 5), (0, 10)])
def test_a_replica_with_a_message_stays_although_messages_are_held(idle, raw):
    """The message may be a task of an hour that it works on."""
    time = Timeline(scaling(FOUR_EACH), 10)
    for count, consuming in ((4, 2), (220, 10)):
        time.now += 5
        held = reading(0, count, at=time.now, consumers=consuming, prefetch=0.0)
        decision = time.read(held, idle=idle)
    assert decision.raw == raw


def test_with_a_prefetch_limit_of_a_few_messages_all_of_them_count():
    long_tasks = reading(0, 200, at=1000.0, consumers=100, prefetch=2.0)
    assert once(scaling(FOUR_EACH), observation_of(10, long_tasks)).raw == 50


def delivered_at_once(rate, capacity, seconds):
    """Consumers without a prefetch limit, to which RabbitMQ delivers the messages in turn."""
    time, held = Timeline(scaling(FOUR_EACH), 1), [0.0] * 50
    for second in range(seconds):
        time.now = float(second)
        for replica in range(time.replicas):
            held[replica] += rate / time.replicas - min(capacity, held[replica])
        if second % 5 == 0:
            sample = {"unacknowledged": round(sum(held)), "statistics_at": time.now}
        time.read(reading(0, at=time.now, consumers=time.replicas, prefetch=0.0, **sample))
    return [decision.replicas for decision in time.decisions]


@pytest.mark.parametrize(
    ("rate", "capacity", "needed", "within"),
    [
        pytest.param(10, 2, 5, 30, id="1 replica for the load of 5"),
        pytest.param(0.2, 0.0, 4, 90, id="long tasks, of which none is acknowledged"),
        pytest.param(0.2, 0.0, 28, 600, id="and they go on to arrive slowly"),
    ],
)
def test_messages_that_go_on_to_grow_add_replicas(rate, capacity, needed, within):
    assert delivered_at_once(rate, capacity, within)[-1] >= needed


def test_held_messages_do_not_make_workers_look_slow():
    time = with_held(QueueWaitTime(workers_per_replica=1))
    assert time.history.learning.estimates.service_seconds == pytest.approx(0.5)


def test_messages_beyond_the_workers_are_counted_since_they_came():
    held = with_held(CONCURRENCY).history.held_messages
    assert (held.beyond_since, held.beyond) == (100.0, 200)


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
    assert once(scaling(length), observation_of(2, *queues)).raw == raw
    idle = ScalingSpec(max_replicas=50, targets=(length,))
    assert once(idle, observation_of(0, *queues)).raw == 41


def test_messages_that_are_left_out_are_named():
    queues = reading(2, 0, at=1000.0), reading(400, at=1000.0, name="delay", consumers=0)
    message = once(
        scaling(QueueLength(messages_per_replica=10)), observation_of(2, *queues)
    ).message
    assert "400 messages of delay are not counted, except to keep the workload active" in message


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


def bursts_of(*counts, each=4.0, consuming=1.0):
    """Return what of the unacknowledged messages of each update is a burst."""
    found, bursts = DeliveredBursts(), []
    for index, count in enumerate(counts):
        load = load_of((reading(0, count, at=5.0 * index),))
        found = found.observe(load, consuming, each)
        bursts.append(found.messages)
    return bursts


@pytest.mark.parametrize(
    ("counts", "bursts"),
    [
        pytest.param((1, 201, 200, 203, 201), [0, 192, 192, 192, 192], id="held"),
        pytest.param((1, 101, 201, 201), [0, 92, 184, 184], id="held, delivered in two updates"),
        pytest.param((1, 201, 101, 5, 9), [0, 192, 100, 4, 4], id="worked off"),
        pytest.param((1, 41, 81, 121, 161), [0, 32, 64, 0, 0], id="they go on to arrive"),
        pytest.param((1, 9, 17, 25, 33), [0, 0, 0, 0, 0], id="little by little"),
        pytest.param((201, 201, 203), [197, 197, 197], id="there before the operator"),
    ],
)
def test_a_burst_is_left_out_until_it_is_worked_off(counts, bursts):
    assert bursts_of(*counts) == bursts


def test_replicas_that_start_do_not_make_a_burst_smaller():
    found = DeliveredBursts().observe(load_of((reading(0, 1, at=0.0),)), 1.0, 4.0)
    assert found.observe(load_of((reading(0, 201, at=5.0),)), 10.0, 4.0).messages == 192
