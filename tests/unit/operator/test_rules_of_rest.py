"""To zero and back."""

import pytest

from mare.domain.observation import NOT_REPORTED
from mare.domain.policy import (
    Behavior,
    Pause,
    Policy,
    PolicyType,
    QueueLength,
    ScalingPolicy,
    ScalingRules,
    Schedule,
)
from mare.domain.reason import Reason
from tests.unit.operator.building import (
    UNREACHABLE,
    Timeline,
    amqp_only,
    once,
    reading,
    seen,
    unreachable,
)

LENGTH = (QueueLength(messages_per_replica=20),)
SLOW = ScalingRules(policies=(ScalingPolicy(PolicyType.PODS, 1, 60),))


def resting(**given):
    return Policy(max_replicas=50, targets=LENGTH, **given)


@pytest.mark.parametrize(("messages", "replicas"), [(1, 1), (20, 1), (21, 2), (200, 10)])
def test_from_zero_the_wanted_count_is_asked_for_at_once(messages, replicas):
    decision = once(resting(), seen(0, reading(messages, at=1000.0)))
    assert (decision.replicas, decision.reason) == (replicas, Reason.ACTIVATED)


def test_the_step_from_zero_is_outside_of_behavior():
    policy = resting(behavior=Behavior(scale_up=SLOW, scale_down=SLOW))
    assert once(policy, seen(0, reading(200, at=1000.0))).replicas == 10


def test_the_step_from_zero_stays_within_the_bounds():
    decision = once(resting(), seen(0, reading(10_000, at=1000.0)))
    assert (decision.replicas, decision.reason) == (50, Reason.TOO_MANY_REPLICAS)


def test_nothing_wakes_without_a_message():
    decision = once(resting(), seen(0, reading(0, at=1000.0)))
    assert (decision.replicas, decision.reason) == (0, Reason.IDLE)


@pytest.mark.parametrize(("messages", "replicas"), [(5, 0), (6, 1)])
def test_a_threshold_has_to_be_exceeded(messages, replicas):
    policy = resting(activation_threshold=5)
    assert once(policy, seen(0, reading(messages, at=1000.0))).replicas == replicas


def test_a_fresh_look_alone_wakes_even_without_statistics():
    assert once(resting(), seen(0, amqp_only(200, at=1000.0))).replicas == 10


def test_rest_comes_after_the_cooldown_and_two_quiet_statistics():
    time = Timeline(resting(cooldown_seconds=60), 3)
    time.passes(5, ready=40)
    time.passes(59)
    assert time.replicas == 1
    decision = time.passes(1)
    assert (decision.replicas, decision.reason) == (0, Reason.SCALED_TO_IDLE)


def test_one_quiet_statistics_is_not_enough():
    time = Timeline(resting(cooldown_seconds=0), 1)
    time.sees(ready=1)
    time.now += 1
    assert time.look(reading(0, 0, at=1.0)).replicas == 1
    for _ in range(10):
        time.now += 1
        decision = time.look(reading(0, 0, at=time.now, statistics_at=1.0))
        assert decision.replicas == 1
    assert time.sees().replicas == 0


def test_a_message_in_work_keeps_from_rest():
    time = Timeline(resting(cooldown_seconds=10), 1)
    time.passes(600, ready=0, unacknowledged=1)
    assert time.replicas == 1


def test_a_message_that_came_and_went_between_two_looks_is_work():
    time = Timeline(resting(cooldown_seconds=30), 1)
    for second in range(300):
        time.now = float(second)
        time.look(reading(at=time.now, published=second // 20, acknowledged=second // 20))
    assert time.replicas == 1


def test_unknown_unacknowledged_messages_keep_from_rest_and_it_says_so():
    time = Timeline(resting(cooldown_seconds=10), 1)
    for second in range(300):
        time.now = float(second)
        decision = time.look(amqp_only(0, at=time.now))
    assert decision.replicas == 1
    assert NOT_REPORTED.cause in decision.message


def test_an_idle_count_of_its_own_is_rested_at_and_left():
    time = Timeline(resting(min_replicas=3, idle_replicas=1, cooldown_seconds=30), 3)
    time.passes(40)
    assert time.replicas == 1
    assert time.sees(ready=1).replicas == 3


def test_without_an_idle_count_a_minimum_is_kept_for_ever():
    time = Timeline(resting(min_replicas=2), 2)
    assert time.passes(3600, step=10).replicas == 2


def test_always_active_keeps_one():
    assert once(resting(always_active=True), seen(0, reading(at=1000.0))).replicas == 1
    time = Timeline(resting(always_active=True), 1)
    assert time.passes(600).replicas == 1


def test_a_schedule_wakes_and_keeps_from_rest():
    always = Schedule(start="* * * * *", end="0 0 29 2 *", min_replicas=4)
    assert once(resting(schedules=(always,)), seen(0, reading(at=1000.0))).replicas == 4
    time = Timeline(resting(schedules=(always,)), 4)
    decision = time.passes(600)
    assert (decision.replicas, decision.reason) == (4, Reason.SCHEDULED)
    assert "* * * * *" in decision.message


def test_paused_growth_leaves_it_asleep_and_paused_shrinking_keeps_it_awake():
    asleep = once(resting(paused=Pause.SCALE_OUT), seen(0, reading(200, at=1000.0)))
    assert (asleep.replicas, asleep.reason) == (0, Reason.PAUSED)
    time = Timeline(resting(paused=Pause.SCALE_IN), 1)
    assert time.passes(600).reason is Reason.PAUSED
    assert time.replicas == 1


def test_an_unreachable_broker_neither_wakes_nor_rests():
    assert once(resting(), unreachable(0)).replicas == 0
    time = Timeline(resting(cooldown_seconds=10), 1)
    time.passes(100)
    assert time.replicas == 0
    time = Timeline(resting(cooldown_seconds=10), 1)
    for second in range(300):
        time.now = float(second)
        time.look(queues=unreachable(1).queues)
    assert time.replicas == 1


def test_rest_comes_from_the_smallest_count_only():
    behavior = Behavior(
        scale_up=ScalingRules(), scale_down=ScalingRules(stabilization_window_seconds=60)
    )
    time = Timeline(resting(cooldown_seconds=30, behavior=behavior), 1)
    time.passes(5, ready=120)
    time.passes(90)
    counts = [decision.replicas for decision in time.decisions]
    assert [count for count in dict.fromkeys(counts) if count] == [6, 1]
    assert counts[-1] == 0


def test_who_rests_says_nothing_of_what_had_kept_it():
    time = Timeline(resting(cooldown_seconds=60), 1)
    decision = time.passes(60)
    assert decision.message == ("1 → 0 replicas: no message, ready or unacknowledged, for 60 s.")
    assert (decision.limited_by, decision.until) == ((), None)


@pytest.mark.parametrize("queues", [UNREACHABLE, None], ids=["unreachable", "no statistics"])
def test_the_cooldown_begins_anew_after_what_nobody_saw(queues):
    time = Timeline(resting(cooldown_seconds=300), 1)
    time.sees(ready=5)
    for _ in range(400):
        time.now += 1
        time.look(queues=queues or (amqp_only(at=time.now),))
    time.now += 1
    assert time.passes(298).replicas == 1
    time.now += 1
    decision = time.sees()
    assert (decision.replicas, decision.reason) == (0, Reason.SCALED_TO_IDLE)
    assert "for 300 s" in decision.message
