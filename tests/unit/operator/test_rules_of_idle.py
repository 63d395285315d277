"""Scaling to the idle count and back."""

from dataclasses import replace

import pytest

from mare.domain.decide import decide
from mare.domain.evidence import QUEUE_CHANGED, Evidence, QuietAnswer
from mare.domain.observation import NOT_REPORTED
from mare.domain.reason import Reason
from mare.domain.spec import (
    Behavior,
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    Pause,
    PolicyType,
    PublishedToDeliveredRatio,
    QueueWaitTime,
    ScalingPolicy,
    ScalingRules,
    ScalingSpec,
    Schedule,
)
from mare.domain.unknown import Unknown
from tests.unit.operator.building import (
    LENGTH,
    UNREACHABLE,
    Timeline,
    amqp_only,
    observation_of,
    once,
    reading,
    unreachable,
)

SLOW = ScalingRules(policies=(ScalingPolicy(PolicyType.PODS, 1, 60),))


def idling(**given):
    return ScalingSpec(max_replicas=50, targets=LENGTH, **given)


@pytest.mark.parametrize(
    ("messages", "replicas", "reason"),
    [
        (0, 0, Reason.IDLE),
        (1, 1, Reason.ACTIVATED),
        (20, 1, Reason.ACTIVATED),
        (21, 2, Reason.ACTIVATED),
        (200, 10, Reason.ACTIVATED),
        (10_000, 50, Reason.TOO_MANY_REPLICAS),
    ],
)
def test_activation_goes_to_the_proposal_in_one_step_outside_of_behavior(
    messages, replicas, reason
):
    spec = idling(behavior=Behavior(scale_up=SLOW, scale_down=SLOW))
    decision = once(spec, observation_of(0, reading(messages, at=1000.0)))
    assert (decision.replicas, decision.reason) == (replicas, reason)


@pytest.mark.parametrize(("messages", "replicas"), [(0, 0), (1, 0), (5, 0), (6, 1)])
def test_a_threshold_has_to_be_exceeded(messages, replicas):
    spec = idling(activation_threshold=5)
    decision = once(spec, observation_of(0, reading(messages, at=1000.0)))
    assert decision.replicas == replicas
    is_named = "idle.threshold" in {each.text.code for each in decision.steps}
    assert is_named == (0 < messages <= 5)
    assert ("activation.threshold, which is 5" in decision.message) == is_named


def test_ready_messages_activate_without_statistics():
    assert once(idling(), observation_of(0, amqp_only(200, at=1000.0))).replicas == 10


def test_scale_to_idle_needs_the_cooldown_and_two_quiet_statistics():
    time = Timeline(idling(cooldown_seconds=60), 3)
    time.passes(5, ready=40)
    time.passes(59)
    assert time.replicas == 1
    decision = time.passes(1)
    assert (decision.replicas, decision.reason) == (0, Reason.SCALED_TO_IDLE)
    seen = "no message, ready or unacknowledged, was seen in the last 60 s"
    assert decision.message == f"1 → 0 replicas: {seen}."
    assert (decision.limited_by, decision.until) == ((), None)


def test_one_quiet_statistics_is_not_enough():
    time = Timeline(idling(cooldown_seconds=0), 1)
    time.decide(ready=1)
    time.now += 1
    assert time.read(reading(0, 0, at=1.0)).replicas == 1
    for _ in range(10):
        time.now += 1
        decision = time.read(reading(0, 0, at=time.now, statistics_at=1.0))
        assert decision.replicas == 1
    assert time.decide().replicas == 0


@pytest.mark.parametrize(("asked_after", "replicas"), [(0, 1), (1, 0)])
def test_queues_that_were_asked_before_the_last_message_do_not_confirm(asked_after, replicas):
    """Asking 256 queues one by one can take longer than two statistics."""
    time = Timeline(idling(cooldown_seconds=0), 1)
    time.decide(ready=1)
    time.left = Unknown(QUEUE_CHANGED, "queue work changed less than 6 s ago", "work")
    time.passes(10)
    asked_at = time.history.queues_changed_at + asked_after
    answer = Evidence(quiet_answer=QuietAnswer(asked_at, time.now, None))
    observation = replace(observation_of(1, reading(at=time.now)), evidence=answer)
    decision, _ = decide(time.spec, observation, time.history, time.now)
    assert decision.replicas == replicas


def test_statistics_of_before_the_last_message_do_not_count_as_quiet():
    """Two messages are taken at second 1; statistics of 10 s ago contain no message."""
    time = Timeline(idling(cooldown_seconds=5), 1)
    for second in range(60):
        time.now = float(second)
        requested_at = second // 5 * 5
        sampled_at = requested_at - 10
        time.read(
            reading(
                ready=2 if second == 1 else 0,
                unacknowledged=2 if sampled_at >= 1 else 0,
                at=time.now,
                statistics_at=float(requested_at),
                sampled_after=float(sampled_at),
            )
        )
    assert time.replicas == 1


def test_a_changed_number_of_consumers_needs_statistics_of_after_the_change():
    time = Timeline(idling(cooldown_seconds=0), 1)
    for second in range(1, 20):
        time.now = float(second)
        decision = time.read(reading(at=time.now, consumers=second, sampled_after=time.now - 1))
        assert decision.replicas == 1
    assert "two statistics updates after the last message" in decision.message
    assert time.passes(3).replicas == 0


def test_an_unacknowledged_message_blocks_scale_to_idle():
    time = Timeline(idling(cooldown_seconds=10), 1)
    time.passes(60, ready=0, unacknowledged=1)
    assert time.replicas == 1


def test_a_message_that_is_gone_before_the_next_reading_restarts_the_cooldown():
    time = Timeline(idling(cooldown_seconds=30), 1)
    for second in range(100):
        time.now = float(second)
        time.read(reading(at=time.now, published=second // 20, acknowledged=second // 20))
    assert time.replicas == 1


def test_unknown_unacknowledged_messages_block_scale_to_idle_with_a_reason():
    time = Timeline(idling(cooldown_seconds=10), 1)
    for second in range(60):
        time.now = float(second)
        decision = time.read(amqp_only(0, at=time.now))
    assert decision.replicas == 1
    assert NOT_REPORTED.cause in decision.message


def test_a_workload_scales_to_its_idle_count_and_back():
    time = Timeline(idling(min_replicas=3, idle_replicas=1, cooldown_seconds=30), 3)
    time.passes(40)
    assert time.replicas == 1
    assert time.decide(ready=1).replicas == 3


def test_without_an_idle_count_the_minimum_stays():
    time = Timeline(idling(min_replicas=2), 2)
    assert time.passes(600, step=10).replicas == 2


def test_always_active_keeps_one():
    assert once(idling(always_active=True), observation_of(0, reading(at=1000.0))).replicas == 1
    time = Timeline(idling(always_active=True), 1)
    assert time.passes(100).replicas == 1


def test_a_schedule_activates_and_blocks_scale_to_idle():
    always = Schedule(start="* * * * *", end="0 0 29 2 *", min_replicas=4)
    assert once(idling(schedules=(always,)), observation_of(0, reading(at=1000.0))).replicas == 4
    time = Timeline(idling(schedules=(always,)), 4)
    decision = time.passes(450, step=5)
    assert (decision.replicas, decision.reason) == (4, Reason.SCHEDULED)
    assert "* * * * *" in decision.message


@pytest.mark.parametrize("least", [1, 2])
def test_a_schedule_up_to_the_minimum_blocks_scale_to_idle(least):
    always = Schedule(start="* * * * *", end="0 0 29 2 *", min_replicas=least)
    spec = idling(min_replicas=2, idle_replicas=0, schedules=(always,))
    assert once(spec, observation_of(0, reading(at=1000.0))).replicas == 2
    assert Timeline(spec, 2).passes(100).replicas == 2


@pytest.mark.parametrize(
    "target",
    [
        QueueWaitTime(),
        MaximumConcurrency(),
        ExpectedQueueConsumptionTime(consumption_seconds=60),
        PublishedToDeliveredRatio(ratio=1.0),
    ],
    ids=lambda target: type(target).__name__,
)
def test_empty_queues_scale_down_though_the_formula_lacks_an_input(target):
    time = Timeline(ScalingSpec(max_replicas=50, targets=(target,)), 5)
    for _ in range(100):
        time.now += 5
        time.read(reading(at=time.now, prefetch=0.0))
    assert time.replicas == 0
    first = next(each for each in time.decisions if each.changes)
    assert "two statistics updates show no message" in first.message.lower()
    assert first.replicas == 1


def test_pausing_one_direction_blocks_activation_or_scale_to_idle():
    asleep = once(idling(paused=Pause.SCALE_OUT), observation_of(0, reading(200, at=1000.0)))
    assert (asleep.replicas, asleep.reason) == (0, Reason.PAUSED)
    time = Timeline(idling(paused=Pause.SCALE_IN), 1)
    assert time.passes(100).reason is Reason.PAUSED
    assert time.replicas == 1


def test_an_unreachable_broker_neither_activates_nor_scales_to_idle():
    assert once(idling(), unreachable(0)).replicas == 0
    time = Timeline(idling(cooldown_seconds=10), 1)
    time.passes(100)
    assert time.replicas == 0
    time = Timeline(idling(cooldown_seconds=10), 1)
    for second in range(60):
        time.now = float(second)
        time.read(queues=unreachable(1).queues)
    assert time.replicas == 1


def test_scale_to_idle_starts_from_the_smallest_count():
    behavior = Behavior(
        scale_up=ScalingRules(), scale_down=ScalingRules(stabilization_window_seconds=60)
    )
    time = Timeline(idling(cooldown_seconds=30, behavior=behavior), 1)
    time.passes(5, ready=120)
    time.passes(90)
    counts = [decision.replicas for decision in time.decisions]
    assert [count for count in dict.fromkeys(counts) if count] == [6, 1]
    assert counts[-1] == 0


@pytest.mark.parametrize("queues", [UNREACHABLE, None], ids=["unreachable", "no statistics"])
def test_the_cooldown_restarts_after_a_time_without_readings(queues):
    time = Timeline(idling(cooldown_seconds=300), 1)
    time.decide(ready=5)
    for _ in range(400):
        time.now += 1
        time.read(queues=queues or (amqp_only(at=time.now),))
    assert time.history.last_active == 0.0
    time.now += 1
    assert time.passes(298).replicas == 1
    time.now += 1
    decision = time.decide()
    assert (decision.replicas, decision.reason) == (0, Reason.SCALED_TO_IDLE)
    assert "in the last 300 s" in decision.message


def test_queues_that_cannot_be_asked_keep_the_last_replica_with_a_reason():
    time = Timeline(idling(cooldown_seconds=10), 1)
    time.left = Unknown("AccessRefused", "the management API refuses the user")
    decision = time.passes(60)
    assert (decision.replicas, decision.reason) == (1, Reason.PARTLY_UNKNOWN)
    assert decision.message.endswith("is blocked, because the management API refuses the user.")


def test_one_quiet_statistics_shows_when_the_cooldown_ends():
    time = Timeline(idling(cooldown_seconds=60), 1)
    time.decide(3)
    time.now += 5
    decision = time.decide()
    assert (decision.reason, decision.until) == (Reason.COOLING_DOWN, 60.0)


def test_one_quiet_statistics_shows_until_when_acknowledged_messages_may_be_processed():
    time = Timeline(idling(cooldown_seconds=0, drain_seconds=90), 1)
    time.read(reading(3, at=0.0, acknowledged=5, delivered=5))
    time.now += 5
    decision = time.read(reading(at=5.0, acknowledged=8, delivered=8))
    assert decision.reason is not Reason.DRAINING
    time.now += 5
    decision = time.read(reading(at=10.0, acknowledged=8, delivered=8))
    assert (decision.reason, decision.until) == (Reason.DRAINING, 95.0)
