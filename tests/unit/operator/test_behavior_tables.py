"""The behavior step against what the controller of Kubernetes 1.37 does, number by number."""

import pytest

from mare.domain.behavior import (
    Recommendation,
    apply_behavior,
    down_limit,
    is_within_tolerance,
    up_limit,
)
from mare.domain.reason import Reason
from mare.domain.scale_events import ScaleEvent, store_event
from mare.domain.spec import (
    HPA_BEHAVIOR,
    Behavior,
    PolicyType,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
)

HPA_SCALE_UP, HPA_SCALE_DOWN = HPA_BEHAVIOR.scale_up, HPA_BEHAVIOR.scale_down
NOW = 10_000.0


def pods(value, period=60):
    return ScalingPolicy(PolicyType.PODS, value, period)


def percent(value, period=60):
    return ScalingPolicy(PolicyType.PERCENT, value, period)


def rules(*policies, select=SelectPolicy.MAX, window=0):
    return ScalingRules(
        policies=policies, select_policy=select, stabilization_window_seconds=window
    )


def step(behavior, current, desired, *, bounds=(1, 100), past=(), events=()):
    return apply_behavior(
        behavior,
        min_replicas=bounds[0],
        max_replicas=bounds[1],
        current=current,
        desired=desired,
        recommendations=tuple(Recommendation(NOW - age, count) for age, count in past),
        events=tuple(ScaleEvent(NOW - age, change) for age, change in events),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("current", "desired", "replicas"),
    [(1, 100, 5), (4, 100, 8), (5, 100, 10), (10, 100, 20), (10, 11, 11), (60, 100, 100)],
)
def test_the_default_grows_by_four_pods_or_doubles(current, desired, replicas):
    assert step(HPA_BEHAVIOR, current, desired).replicas == replicas


@pytest.mark.parametrize(
    ("policy", "current", "expected"),
    [
        (percent(10), 50, 56),  # 50 * 1.1 is a little more than 55 in doubles
        (percent(100), 7, 14),
        (percent(900), 1, 10),
        (percent(1), 10, 11),
        (pods(4), 10, 14),
        (percent(100), 0, 0),  # why the step from zero has to be outside of behavior
    ],
)
def test_the_up_limit_is_rounded_up_in_doubles(policy, current, expected):
    assert up_limit(rules(policy), current, (), NOW) == expected


@pytest.mark.parametrize(
    ("policy", "current", "expected"),
    [
        (percent(80), 10, 1),  # 10 * (1 - 0.8) is a little less than 2 in doubles
        (percent(10), 80, 72),
        (percent(10), 10, 9),
        (percent(100), 10, 0),
        (percent(50), 1, 0),
        (pods(5), 10, 5),
        (pods(5), 3, -2),
    ],
)
def test_the_down_limit_is_cut_off_in_doubles(policy, current, expected):
    assert down_limit(rules(policy), current, (), NOW) == expected


def test_the_documented_example_removes_the_larger_of_four_pods_and_ten_percent():
    behavior = Behavior(scale_up=HPA_SCALE_UP, scale_down=rules(pods(4), percent(10)))
    steps = [80]
    while steps[-1] > 10:
        steps.append(step(behavior, steps[-1], 10, bounds=(10, 100)).replicas)
    assert steps[:6] == [80, 72, 64, 57, 51, 45]
    assert steps[-4:] == [20, 16, 12, 10]


def test_min_takes_the_smaller_change_both_ways():
    behavior = Behavior(
        scale_up=rules(pods(4), percent(100), select=SelectPolicy.MIN),
        scale_down=rules(pods(4), percent(10), select=SelectPolicy.MIN),
    )
    assert step(behavior, 10, 100).replicas == 14
    assert step(behavior, 80, 1).replicas == 76


def test_disabled_keeps_the_count():
    behavior = Behavior(
        scale_up=rules(pods(4), select=SelectPolicy.DISABLED),
        scale_down=rules(pods(4), select=SelectPolicy.DISABLED),
    )
    assert (step(behavior, 5, 9).replicas, step(behavior, 5, 9).reason) == (
        5,
        Reason.SCALE_UP_LIMIT,
    )
    down = step(behavior, 5, 1)
    assert (down.replicas, down.reason) == (5, Reason.SCALE_DOWN_LIMIT)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), 14),
        (((59, 3),), 11),  # three of the four are spent
        (((59, 4),), 10),
        (((60, 4),), 14),  # an event of exactly the period's age counts no more
        (((30, -2),), 16),  # what was taken away in the period is added to its start
        (((30, 4), (10, -4)), 14),
        (((30, 9),), 10),  # a limit never pushes below the present count
    ],
)
def test_changes_of_both_directions_move_the_start_of_a_period(events, expected):
    behavior = Behavior(scale_up=rules(pods(4)), scale_down=HPA_SCALE_DOWN)
    assert step(behavior, 10, 100, events=events).replicas == expected


def test_each_policy_counts_the_events_of_its_own_period():
    both = rules(pods(4, 15), pods(6, 60))
    behavior = Behavior(scale_up=both, scale_down=HPA_SCALE_DOWN)
    assert step(behavior, 10, 100, events=((20, 4),)).replicas == 14
    assert step(behavior, 10, 100, events=((20, 1),)).replicas == 15


def test_scale_down_waits_until_the_window_has_no_higher_recommendation():
    behavior = Behavior(scale_up=HPA_SCALE_UP, scale_down=rules(window=300))
    held = step(behavior, 10, 2, past=((299.9, 10), (100, 4)))
    assert (held.replicas, held.stabilization) == (10, Reason.SCALE_DOWN_STABILIZED)
    partly = step(behavior, 10, 2, past=((300, 10), (100, 4)))
    assert partly.replicas == 4
    free = step(behavior, 10, 2, past=((300, 10), (301, 4)))
    assert (free.replicas, free.stabilization) == (2, Reason.DESIRED_WITHIN_RANGE)


def test_scale_up_takes_the_lowest_recommendation_of_its_window():
    behavior = Behavior(scale_up=rules(window=60), scale_down=HPA_SCALE_DOWN)
    held = step(behavior, 3, 20, past=((59, 5), (61, 1)))
    assert (held.replicas, held.stabilization) == (5, Reason.SCALE_UP_STABILIZED)


def test_the_present_count_moves_no_further_than_the_windows_agree():
    behavior = Behavior(scale_up=rules(window=60), scale_down=rules(window=60))
    assert step(behavior, 10, 9, past=((30, 12),)).replicas == 10
    assert step(behavior, 10, 11, past=((30, 8),)).replicas == 10


@pytest.mark.parametrize(
    ("current", "desired", "reason"),
    [
        (10, 200, Reason.TOO_MANY_REPLICAS),  # max 15 is below the up limit 20
        (6, 200, Reason.SCALE_UP_LIMIT),
        (15, 200, Reason.TOO_MANY_REPLICAS),
        (10, 0, Reason.TOO_FEW_REPLICAS),
        (10, 12, Reason.DESIRED_WITHIN_RANGE),
    ],
)
def test_reasons_distinguish_bounds_from_policies(current, desired, reason):
    behavior = Behavior(scale_up=HPA_SCALE_UP, scale_down=rules())
    assert step(behavior, current, desired, bounds=(2, 15)).reason is reason


def test_bounds_equal_to_the_limit_are_named_rather_than_the_policy():
    assert step(HPA_BEHAVIOR, 10, 100, bounds=(1, 20)).reason is Reason.TOO_MANY_REPLICAS
    behavior = Behavior(scale_up=HPA_SCALE_UP, scale_down=rules(pods(5)))
    assert step(behavior, 10, 1, bounds=(5, 20)).reason is Reason.TOO_FEW_REPLICAS


def test_a_count_outside_of_the_bounds_jumps_past_windows_and_policies():
    slow = Behavior(scale_up=rules(pods(1), window=600), scale_down=rules(pods(1), window=600))
    assert step(slow, 50, 50, bounds=(1, 10), past=((1, 50),)).replicas == 10
    assert step(slow, 1, 1, bounds=(8, 10), past=((1, 1),)).replicas == 8


def test_recommendations_are_stored_before_limits():
    outcome = step(HPA_BEHAVIOR, 10, 500, bounds=(1, 20))
    assert outcome.recommendations[-1] == Recommendation(NOW, 500)


@pytest.mark.parametrize(
    ("ratio", "inside"), [(0.9, True), (0.8999, False), (1.1, True), (1.1001, False), (1.0, True)]
)
def test_the_bounds_of_the_tolerance_belong_to_it(ratio, inside):
    assert is_within_tolerance(HPA_BEHAVIOR, ratio) is inside


def test_tolerance_is_kept_for_each_direction():
    behavior = Behavior(
        scale_up=ScalingRules(tolerance=0.0), scale_down=ScalingRules(tolerance=0.5)
    )
    assert is_within_tolerance(behavior, 0.5)
    assert not is_within_tolerance(behavior, 1.001)


def stored(behavior, *events):
    kept = ()
    for time, change in events:
        kept = store_event(behavior, kept, ScaleEvent(time, change))
    return tuple((event.time, event.change) for event in kept)


UNEQUAL = Behavior(scale_up=rules(pods(1, 15)), scale_down=rules(pods(1, 600)))


def test_an_event_replaces_one_that_its_own_direction_needs_no_more():
    """The policy of the other direction, with its 600 s, loses that event in the controller too."""
    assert stored(UNEQUAL, (0.0, 2), (20.0, 3)) == ((20.0, 3),)
    assert stored(UNEQUAL, (0.0, -2), (20.0, -3)) == ((0.0, -2), (20.0, -3))
    assert stored(UNEQUAL, (0.0, 2), (15.0, 3)) == ((0.0, 2), (15.0, 3))


def test_only_one_event_is_replaced_and_the_others_still_count():
    events = ((0.0, 1), (1.0, 2), (20.0, 3))
    assert stored(UNEQUAL, *events) == ((0.0, 1), (20.0, 3))
    assert stored(UNEQUAL, (0.0, 2), (5.0, -1), (20.0, 3)) == ((20.0, 3), (5.0, -1))
