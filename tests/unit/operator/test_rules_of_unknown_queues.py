"""Unknown is not zero."""

from dataclasses import replace

import pytest

from mare.domain.observation import Observation, Workload
from mare.domain.reason import Reason
from mare.domain.spec import (
    Behavior,
    Fallback,
    FallbackBehavior,
    MessageRate,
    Pause,
    ScalingRules,
    ScalingSpec,
    VictimPolicy,
)
from tests.unit.operator.building import (
    LENGTH,
    UNREACHABLE,
    Timeline,
    amqp_only,
    away,
    observation_of,
    once,
    reading,
    unreachable,
    watching,
)


def test_an_unreachable_broker_holds_the_count():
    time = Timeline(watching(), 7)
    decision = away(time, 600)
    assert (decision.replicas, decision.reason) == (7, Reason.QUEUES_UNKNOWN)
    assert decision.raw is None
    assert UNREACHABLE.cause in decision.message


def test_no_queue_at_all_is_unknown():
    decision = once(watching(), Observation(workload=Workload(replicas=7), queues=()))
    assert (decision.replicas, decision.reason) == (7, Reason.QUEUES_UNKNOWN)


@pytest.mark.parametrize(("age", "replicas"), [(15.0, 1), (15.1, 7)])
def test_a_reading_counts_until_it_is_stale(age, replicas):
    time = Timeline(watching(), 7)
    time.now = 100.0
    assert time.read(reading(0, at=time.now - age)).replicas == replicas


def test_stale_statistics_block_scale_down_of_an_empty_queue():
    time = Timeline(watching(), 7)
    time.now = 100.0
    stale = reading(0, at=time.now, statistics_at=50.0)
    decision = time.read(stale)
    assert (decision.replicas, decision.reason) == (7, Reason.PARTLY_UNKNOWN)
    assert time.read(reading(400, at=time.now, statistics_at=50.0)).replicas == 20


def test_the_fallback_applies_after_its_time_and_does_not_scale_down():
    time = Timeline(watching(fallback=Fallback(replicas=10, after_seconds=60)), 7)
    assert away(time, 60).replicas == 7
    decision = away(time, 1)
    assert (decision.replicas, decision.reason) == (10, Reason.FALLBACK)
    larger = Timeline(watching(fallback=Fallback(replicas=5, after_seconds=60)), 7)
    assert away(larger, 100).replicas == 7


def test_the_fallback_counts_from_zero_as_well():
    spec = ScalingSpec(
        max_replicas=5, targets=LENGTH, fallback=Fallback(replicas=2, after_seconds=1)
    )
    time = Timeline(spec, 0)
    assert away(time, 3).replicas == 2


def test_a_static_fallback_can_scale_down():
    fallback = Fallback(replicas=2, after_seconds=60, behavior=FallbackBehavior.STATIC)
    time = Timeline(watching(fallback=fallback), 7)
    assert away(time, 100).replicas == 2


@pytest.mark.parametrize(
    "lowered",
    [
        {"max_replicas": 2},
        {"fallback": Fallback(replicas=2, after_seconds=0, behavior=FallbackBehavior.STATIC)},
    ],
    ids=["maximum", "fallback"],
)
def test_busy_replicas_stay_while_the_broker_is_away(lowered):
    busy = watching(victim_policy=VictimPolicy.IDLE_ONLY, max_drain_wait_seconds=60)
    time = Timeline(replace(busy, **lowered), 7)
    decision = away(time, 60)
    assert (decision.replicas, decision.reason) == (7, Reason.DRAINING)
    assert away(time, 1).replicas == 2


def test_one_good_reading_begins_the_time_anew():
    time = Timeline(watching(fallback=Fallback(replicas=10, after_seconds=60)), 7)
    away(time, 50)
    time.decide(ready=140)
    assert away(time, 50).replicas == 7


@pytest.mark.parametrize(("are_known", "replicas"), [(True, 7), (False, 10)])
def test_the_time_continues_while_the_workload_is_unknown_too(are_known, replicas):
    spec = watching(fallback=Fallback(replicas=10, after_seconds=60))
    time = Timeline(spec, 7)
    away(time, 50)
    time.history = time.history.observe_nothing(time.now, spec.behavior, are_queues_known=are_known)
    assert away(time, 12).replicas == replicas


def test_bounds_hold_without_knowledge():
    above = once(watching(), unreachable(80))
    assert above.replicas == 50
    assert above.message.endswith("the count stays within its bounds. maxReplicas is 50.")
    assert once(replace(watching(), min_replicas=2), unreachable(1)).replicas == 2


def test_an_unknown_target_blocks_scale_down_but_not_scale_up():
    both = (*LENGTH, MessageRate(messages_per_second_per_replica=5))
    spec = ScalingSpec(min_replicas=1, max_replicas=50, targets=both)
    held = once(spec, observation_of(7, amqp_only(0, at=1000.0)), since=0.0)
    assert (held.replicas, held.reason) == (7, Reason.PARTLY_UNKNOWN)
    assert once(spec, observation_of(7, amqp_only(400, at=1000.0)), since=0.0).replicas == 20


def test_no_scale_down_before_the_window_is_full_after_a_restart():
    time = Timeline(watching(), 9, at=1000.0)
    window = time.spec.behavior.scale_down.stabilization_window_seconds
    assert time.passes(window - 1).replicas == 9
    time.now += 1
    assert time.decide().replicas == 1


@pytest.mark.parametrize("pause", [None, Pause.ALL])
def test_no_scale_down_before_the_windows_are_full_again(pause):
    time = Timeline(watching(), 10)
    time.passes(60, ready=200)
    time.spec = replace(time.spec, paused=pause)
    for _ in range(60):
        time.now += 1
        time.read(queues=(reading(at=time.now),) if pause else UNREACHABLE)
    time.spec = replace(time.spec, paused=None)
    window = time.spec.behavior.scale_down.stabilization_window_seconds
    time.now += 1
    assert time.passes(window - 2).replicas == 10
    time.now += 1
    assert time.decide().replicas == 1


def test_a_moment_of_unknown_queues_does_not_delay_scale_up():
    slow = ScalingRules(stabilization_window_seconds=60)
    spec = watching(behavior=Behavior(scale_up=slow, scale_down=ScalingRules()))
    time = Timeline(spec, 2)
    time.passes(30, ready=200)
    away(time, 1)
    time.now += 1
    assert time.passes(27, ready=200).replicas == 2
    time.now += 1
    assert time.decide(ready=200).replicas == 10
