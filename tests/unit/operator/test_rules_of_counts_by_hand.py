"""Counts that another client has set, or that a bound was moved below."""

from dataclasses import replace

import pytest

from mare.domain.reason import Reason
from mare.domain.spec import (
    Behavior,
    Fallback,
    FallbackBehavior,
    Pause,
    QueueLength,
    ScalingRules,
    ScalingSpec,
    VictimPolicy,
)
from mare.domain.unknown import Unknown
from tests.unit.operator.building import UNREACHABLE, Timeline, observation_of, once, reading

LENGTH = (QueueLength(messages_per_replica=20),)


def spec(**given):
    return ScalingSpec(max_replicas=50, targets=LENGTH, **given)


@pytest.mark.parametrize("idle", [None, 1])
def test_a_count_of_0_set_by_hand_disables_scaling_as_in_an_hpa(idle: int | None):
    decision = once(
        spec(min_replicas=3, idle_replicas=idle), observation_of(0, reading(200, at=1000.0))
    )
    assert (decision.replicas, decision.reason) == (0, Reason.SCALING_DISABLED)
    assert Reason.SCALING_DISABLED in decision.limited_by


@pytest.mark.parametrize("given", [{}, {"min_replicas": 3, "idle_replicas": 0}])
def test_a_count_of_0_that_the_policy_allows_disables_nothing(given: dict):
    assert once(spec(**given), observation_of(0, reading(200, at=1000.0))).replicas == 10


def test_a_workload_that_was_idle_at_0_follows_a_raised_minimum():
    time = Timeline(spec(), 0)
    time.decide()
    time.spec = spec(min_replicas=2)
    time.now += 1
    assert time.decide().replicas == 2


def test_a_workload_that_was_paused_at_0_scales_again():
    time = Timeline(spec(min_replicas=2, paused=Pause.ALL, paused_replicas=0), 3)
    time.decide()
    assert time.replicas == 0
    time.decide()
    time.spec = spec(min_replicas=2)
    time.now += 1
    assert time.decide().replicas == 2


def test_an_idle_workload_below_its_idle_count_is_raised_to_it():
    decision = once(spec(min_replicas=5, idle_replicas=3), observation_of(1, reading(at=1000.0)))
    assert (decision.replicas, decision.reason) == (3, Reason.TOO_FEW_REPLICAS)


@pytest.mark.parametrize("behavior", FallbackBehavior)
@pytest.mark.parametrize(("fallback", "replicas"), [(0, 2), (1, 5), (2, 5), (9, 9)])
def test_a_fallback_above_0_is_at_least_the_minimum(
    fallback: int, replicas: int, behavior: FallbackBehavior
):
    """One of 0 leaves an idle workload its idle count, so that it does not look disabled."""
    when = Fallback(replicas=fallback, after_seconds=10, behavior=behavior)
    given = spec(min_replicas=5, idle_replicas=2, fallback=when)
    time = Timeline(given, 2)
    for _ in range(15):
        time.now += 1
        time.read(queues=UNREACHABLE)
    assert time.replicas == replicas


def test_busy_replicas_above_a_lowered_maximum_stay_with_a_reason():
    given = spec(victim_policy=VictimPolicy.IDLE_ONLY)
    time = Timeline(given, 10)
    time.decide(ready=0, unacknowledged=200, idle=0)
    time.spec = replace(given, max_replicas=4)
    time.now += 1
    decision = time.decide(ready=0, unacknowledged=200, idle=0)
    assert (decision.replicas, decision.reason) == (10, Reason.DRAINING)
    assert decision.limited_by == (Reason.TOO_MANY_REPLICAS, Reason.DRAINING)
    assert "maxReplicas is 4" in decision.message
    assert decision.until == time.now + given.max_drain_wait_seconds


@pytest.mark.parametrize(
    ("least", "ready", "reason"), [(1, 20, Reason.SCALING_DISABLED), (0, 0, Reason.IDLE)]
)
def test_a_count_of_0_ends_the_wait_for_busy_replicas(least: int, ready: int, reason: Reason):
    at_once = Behavior(scale_up=ScalingRules(), scale_down=ScalingRules())
    given = spec(min_replicas=least, victim_policy=VictimPolicy.IDLE_ONLY, behavior=at_once)
    time = Timeline(given, 10)
    assert time.passes(30, 0, 20, idle=0).reason is Reason.DRAINING
    time.replicas = 0  # by another client
    assert time.passes(600, ready, step=5).reason is reason
    time.replicas = 10
    time.now += 1
    decision = time.decide(0, 20, idle=0)
    assert (decision.replicas, decision.reason) == (10, Reason.DRAINING)


@pytest.mark.parametrize("kept_by", [Pause.SCALE_IN, "busy", "another autoscaler"])
def test_a_count_kept_above_a_lowered_maximum_restarts_the_window_of_scale_down(kept_by):
    policy = VictimPolicy.IDLE_ONLY if kept_by == "busy" else VictimPolicy.DEFAULT
    time = Timeline(spec(victim_policy=policy), 12)
    time.spec = replace(time.spec, max_replicas=10, max_drain_wait_seconds=100)
    if kept_by is Pause.SCALE_IN:
        time.spec = replace(time.spec, paused=kept_by)
    elif kept_by == "another autoscaler":
        time.conflict = Unknown("OtherAutoscaler", "HPA web scales the workload")
    time.passes(99, ready=200, idle=0)
    assert time.replicas == 12

    time.spec, time.conflict = replace(time.spec, paused=None, max_drain_wait_seconds=0), None
    window = time.spec.behavior.scale_down.stabilization_window_seconds
    time.passes(window / 2, ready=20, idle=0)

    assert time.replicas == 10
    assert time.passes(window / 2 + 1, ready=20, idle=0).replicas == 1
