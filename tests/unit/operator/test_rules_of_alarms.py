"""While an alarm of the broker blocks publishers, nothing is scaled down."""

from dataclasses import replace

import pytest

from mare.domain.alarms import alarm_of
from mare.domain.reason import Reason
from mare.domain.spec import QueueWaitTime, ScalingSpec
from tests.unit.operator.building import LENGTH, Timeline, reading, watching
from tests.unit.operator.test_rules_of_idle import idling

MEMORY = alarm_of(["memory"])


@pytest.mark.parametrize("target", [*LENGTH, QueueWaitTime(wait_seconds=2)])
def test_queues_that_drain_during_an_alarm_keep_the_count(target):
    time = Timeline(ScalingSpec(min_replicas=1, max_replicas=50, targets=(target,)), replicas=10)
    time.alarm = MEMORY

    decision = time.passes(400)  # the longest window is 360 s

    assert (decision.replicas, decision.reason) == (10, Reason.BROKER_ALARM)
    assert "a memory alarm of RabbitMQ blocks all publishers" in decision.message


def test_the_window_begins_when_the_alarm_ends():
    time = Timeline(watching(), replicas=10)
    time.alarm = MEMORY
    time.passes(400)
    ended, time.alarm = time.now, None

    window = time.spec.behavior.scale_down.stabilization_window_seconds
    assert time.passes(window - 1).replicas == 10
    assert time.passes(2).replicas < 10
    assert time.now > ended + window


def test_the_cooldown_begins_when_the_alarm_ends():
    spec = replace(idling(), cooldown_seconds=30)
    time = Timeline(spec, replicas=1)
    time.alarm = MEMORY
    held = time.passes(100)
    time.alarm = None

    assert (held.replicas, held.reason) == (1, Reason.BROKER_ALARM)
    assert held.message.count("alarm") == 1
    assert time.passes(29).replicas == 1
    assert time.passes(5).replicas == 0


def test_messages_that_are_held_by_the_alarm_show_no_long_work():
    time = Timeline(watching(), replicas=2)
    time.alarm = MEMORY
    for _ in range(120):
        time.now += 5
        time.read(reading(9, 2, at=time.now, delivered=100, acknowledged=98))

    assert time.history.held_messages.longest(time.now) <= 5


def test_a_cooldown_of_0_s_waits_for_the_end_of_the_alarm_too():
    time = Timeline(replace(idling(), cooldown_seconds=0), replicas=1)
    time.alarm = MEMORY

    assert time.passes(60).replicas == 1


def test_an_alarm_does_not_block_activation_and_scale_up():
    time = Timeline(idling(), replicas=0)
    time.alarm = MEMORY

    assert time.decide(1).replicas == 1
    assert time.passes(60, 900).replicas > 1


def test_a_count_above_its_maximum_falls_to_it_and_no_sentence_says_that_it_stays():
    time = Timeline(replace(watching(), max_replicas=10), replicas=15)
    time.alarm = MEMORY

    decision = time.decide()

    assert (decision.replicas, decision.reason) == (10, Reason.TOO_MANY_REPLICAS)
    assert "alarm" not in decision.message
