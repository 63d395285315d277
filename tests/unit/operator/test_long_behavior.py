"""Windows of an hour and policies of half an hour, at four decisions a second.

With 14,400 recommendations or 7,200 events, an object took 1.1 MB and each decision 5 ms.
"""

import pytest

from mare.domain.behavior import Recommendation, apply_behavior, down_limit, remember, up_limit
from mare.domain.scale_events import ScaleEvent, store_event
from mare.domain.spec import Behavior, PolicyType, ScalingPolicy, ScalingRules

WINDOW = 3_600
WINDOWS = ScalingRules(stabilization_window_seconds=WINDOW)
BOTH = Behavior(scale_up=WINDOWS, scale_down=WINDOWS)
START = 1_800_000_000.0


def remembered(behavior, counts, seconds=0.25):
    kept = ()
    for number, count in enumerate(counts):
        kept = remember(behavior, kept, Recommendation(START + number * seconds, count))
    return kept


def stabilized(window, recommendations, now, *, current):
    rules = ScalingRules(stabilization_window_seconds=window)
    return apply_behavior(
        Behavior(scale_up=rules, scale_down=rules),
        min_replicas=1,
        max_replicas=10_000,
        current=current,
        desired=5_000,
        recommendations=recommendations,
        events=(),
        now=now,
    ).stabilized


@pytest.mark.parametrize("behavior", [BOTH, Behavior(scale_up=WINDOWS, scale_down=ScalingRules())])
def test_counts_that_come_again_are_remembered_once(behavior):
    kept = remembered(behavior, [5, 20] * 1_000)
    assert [each.replicas for each in kept] == [5, 20]


def test_a_window_remembers_a_bounded_number_of_counts():
    swinging = [5_000 + (-1) ** number * (4_800 - number // 2) for number in range(9_600)]
    kept = remembered(BOTH, swinging)
    assert len(kept) <= 128


@pytest.mark.parametrize("current", [1, 10_000])
def test_more_counts_than_are_remembered_never_end_a_window_early(current):
    """Nor more than a 60th of it late."""
    swinging = [5_000 + (-1) ** number * (4_900 - 10 * number) for number in range(480)]
    kept = remembered(BOTH, swinging, seconds=7.5)
    whole = [Recommendation(START + 7.5 * n, count) for n, count in enumerate(swinging)]
    sign = 1 if current == 1 else -1
    for minute in range(60, 130):
        now = START + 60 * minute
        exact, late = (
            sign * stabilized(window, whole, now, current=current)
            for window in (WINDOW, WINDOW * 61 / 60)
        )
        assert late <= sign * stabilized(WINDOW, kept, now, current=current) <= exact


def test_as_many_counts_as_usual_are_remembered_to_the_second():
    falling = range(100, 0, -1)
    kept = remembered(BOTH, falling, seconds=30)
    assert [(each.replicas, each.time) for each in kept] == [
        (count, START + 30 * number) for number, count in enumerate(falling)
    ]


PERIOD = 1_800
POLICIES = ScalingRules(policies=(ScalingPolicy(PolicyType.PODS, 10, PERIOD),) * 8)
LONG = Behavior(scale_up=POLICIES, scale_down=POLICIES)


def limits(rules, events, now):
    return down_limit(rules, 5_000, events, now), up_limit(rules, 5_000, events, now)


def test_as_many_events_as_the_controller_has_are_stored_as_they_are():
    whole = tuple(ScaleEvent(START + 15 * number, (-1) ** number) for number in range(120))
    stored = ()
    for each in whole:
        stored = store_event(LONG, stored, each)
    assert stored == whole


@pytest.mark.parametrize("sign", [1, -1])
def test_more_events_become_few_and_allow_no_step_early(sign):
    whole, stored = [], ()
    for number in range(7_200):
        whole.append(ScaleEvent(START + number / 4, sign))
        stored = store_event(LONG, stored, whole[-1])
        assert len(stored) <= 128
    assert sum(each.change for each in stored) == sum(each.change for each in whole)
    longer = ScalingRules(policies=(ScalingPolicy(PolicyType.PODS, 10, PERIOD * 64 // 63),))
    for minute in range(30, 65):
        now = START + 60 * minute
        exact, at_most = limits(POLICIES, whole, now), limits(longer, whole, now)
        own = 1 if sign > 0 else 0
        found = limits(POLICIES, stored, now)
        assert sign * at_most[own] <= sign * found[own] <= sign * exact[own]
