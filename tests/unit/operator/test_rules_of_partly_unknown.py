"""Some queues or statistics are unknown: the rest can scale up, and nothing scales down."""

from dataclasses import replace

import pytest

from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.reason import Reason
from mare.domain.spec import (
    Behavior,
    ExpectedQueueConsumptionTime,
    Fallback,
    MaximumConcurrency,
    MessageRate,
    QueueLength,
    QueueWaitTime,
    ScalingRules,
    ScalingSpec,
)
from tests.unit.operator.building import (
    LENGTH,
    Timeline,
    amqp_only,
    away,
    missing,
    observation_of,
    once,
    reading,
    unreachable,
    watching,
)


def test_a_missing_queue_beside_an_empty_one_holds_and_is_named():
    decision = once(
        watching(), observation_of(7, reading(0, at=1000.0), missing(at=1000.0)), since=0.0
    )
    assert (decision.replicas, decision.reason) == (7, Reason.PARTLY_UNKNOWN)
    assert decision.message == (
        "Kept at 7: 0 messages at 20 per replica need 0 replicas. Queue other does not exist."
        " Scale-down is blocked while an input is unknown."
    )


BESIDE = {"length": LENGTH, "wait": (QueueWaitTime(capacity_per_replica=8),)}
BESIDE["each its own"] = tuple(
    QueueLength(messages_per_replica=20, queues=(name,)) for name in ("work", "other")
)
BESIDE["both by name"] = (QueueLength(messages_per_replica=20, queues=("work", "other")),)


@pytest.mark.parametrize("replicas", [0, 2])
@pytest.mark.parametrize("targets", BESIDE.values(), ids=BESIDE)
def test_known_queues_scale_up_while_another_queue_is_missing(targets, replicas):
    spec = ScalingSpec(max_replicas=50, targets=targets)
    decision = once(spec, observation_of(replicas, reading(480, at=1000.0), missing(at=1000.0)))
    assert decision.replicas >= 24
    assert "Queue other does not exist." in decision.message


def test_a_pattern_without_a_queue_leaves_the_count_to_the_other_queues_of_its_target():
    target = QueueLength(messages_per_replica=20, queues=("work", "mail.*"))
    spec = ScalingSpec(max_replicas=50, targets=(target,))
    decision = once(spec, observation_of(2, reading(480, at=1000.0)))
    assert decision.replicas == 24
    assert "No queue matches mail.*" in decision.message
    held = once(spec, observation_of(40, reading(480, at=1000.0)), since=0.0)
    assert (held.replicas, held.reason) == (40, Reason.PARTLY_UNKNOWN)


def test_a_missing_queue_does_not_keep_from_learning():
    time = Timeline(ScalingSpec(max_replicas=50, targets=(QueueWaitTime(),)), 2)
    for second in range(240):
        time.now = float(second)
        done = 8 * second
        fresh = reading(0, 4, at=time.now, consumers=2, published=done, acknowledged=done)
        time.read(fresh, missing(at=time.now))
    assert time.history.learning.estimates.capacity_per_replica == pytest.approx(8, rel=0.05)
    assert time.history.learning.estimates.arrival_rate == pytest.approx(8, rel=0.05)


def test_the_fallback_waits_until_nothing_at_all_is_known():
    time = Timeline(watching(fallback=Fallback(replicas=10, after_seconds=60)), 7)
    for _ in range(120):
        time.now += 1
        assert time.read(reading(0, at=time.now), missing(at=time.now)).replicas == 7
    away(time, 60)
    assert time.replicas == 7
    assert away(time, 1).replicas == 10


def test_of_two_readings_only_the_stale_one_is_unknown():
    old = reading(0, at=950.0, name="other")
    decision = once(watching(), observation_of(7, reading(400, at=1000.0), old))
    assert decision.replicas == 20
    assert "The last reading is 50 s old" in decision.message


BY_RATE = {
    "rate": MessageRate(messages_per_second_per_replica=5),
    "consumption": ExpectedQueueConsumptionTime(consumption_seconds=10, capacity_per_replica=5),
}


@pytest.mark.parametrize("target", BY_RATE.values(), ids=BY_RATE)
def test_a_rate_of_stale_statistics_blocks_scale_down(target):
    """The last statistics show almost no messages. They are too old when the window has passed."""
    minute = ScalingRules(stabilization_window_seconds=60)
    behavior = Behavior(scale_up=ScalingRules(), scale_down=minute)
    spec = ScalingSpec(min_replicas=1, max_replicas=50, targets=(target,), behavior=behavior)
    time = Timeline(spec, 20)
    for second in range(300):
        time.now = float(second)
        at = min(second, 60)
        count = 100 * min(at, 55) + (at > 55)
        time.read(reading(at=time.now, statistics_at=float(at), published=count, delivered=count))
    assert time.replicas == 20


@pytest.mark.parametrize("target", BY_RATE.values(), ids=BY_RATE)
def test_a_rate_of_yesterday_is_none(target):
    spec = ScalingSpec(min_replicas=1, max_replicas=50, targets=(target,))
    time = Timeline(spec, 20)
    stored = Estimates(arrival_rate=0.1, capacity_per_replica=5.0, workers_per_replica=4.0)
    time.history = History.begin(0.0, 20, stored)
    for second in range(300):
        time.now = float(second)
        assert time.read(amqp_only(3, at=time.now)).replicas == 20


def test_an_unknown_rate_does_not_block_activation():
    spec = ScalingSpec(max_replicas=50, targets=(BY_RATE["rate"],))
    decision = once(spec, observation_of(0, amqp_only(5, at=1000.0)))
    assert (decision.replicas, decision.reason) == (1, Reason.ACTIVATED)
    assert decision.message.startswith(
        "0 → 1 replicas: 5 ready messages. The workload has not been measured"
    )
    assert once(spec, observation_of(0, amqp_only(0, at=1000.0))).replicas == 0
    assert once(spec, unreachable(0)).replicas == 0


@pytest.mark.parametrize(
    ("target", "replicas", "message"),
    [
        (
            QueueLength(messages_per_replica=20),
            24,
            (
                "480 ready messages at 20 per replica need 24 replicas; unacknowledged messages"
                " are unknown"
            ),
        ),
        (
            QueueWaitTime(capacity_per_replica=8),
            30,
            (
                "480 ready messages at 8 messages/s per replica need 30 replicas to empty the"
                " queues in 2 s; the arrival rate is unknown"
            ),
        ),
        (
            ExpectedQueueConsumptionTime(consumption_seconds=10, capacity_per_replica=8),
            6,
            (
                "consuming 480 ready messages in 10 s, at 8 messages/s per replica, needs 6"
                " replicas; the arrival rate is unknown"
            ),
        ),
        (
            MaximumConcurrency(workers_per_replica=16),
            30,
            (
                "480 ready messages, at 16 workers per replica, 100 % of them busy, need 30"
                " replicas; unacknowledged messages are unknown"
            ),
        ),
    ],
)
def test_ready_messages_scale_up_without_statistics(target, replicas, message):
    spec = ScalingSpec(max_replicas=50, targets=(target,))
    decision = once(spec, observation_of(1, amqp_only(480, at=1000.0)), since=0.0)
    assert decision.message == f"1 → {replicas} replicas: {message}."
    held = once(spec, observation_of(40, amqp_only(480, at=1000.0)), since=0.0)
    assert (held.replicas, held.reason) == (40, Reason.PARTLY_UNKNOWN)
    blocked = "Scale-down is blocked, because the broker's statistics are not read."
    assert held.message.endswith(blocked)


def test_no_target_scales_down_while_another_is_partly_unknown():
    """All inputs of the larger proposal are known; the smaller one could become larger."""
    each = QueueLength(messages_per_replica=1, queues=("work",))
    other = QueueLength(messages_per_replica=1, exclude_unacknowledged=True, queues=("other",))
    spec = ScalingSpec(min_replicas=1, max_replicas=50, targets=(each, other))
    queues = (amqp_only(3, at=1000.0), replace(amqp_only(4, at=1000.0), name="other"))
    queues = tuple(replace(queue, entries=(queue.name,)) for queue in queues)
    decision = once(spec, observation_of(20, *queues), since=0.0)
    assert (decision.replicas, decision.reason) == (20, Reason.PARTLY_UNKNOWN)
