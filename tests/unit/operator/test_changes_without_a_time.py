"""A change whose time is not known frees no policy early, in neither direction."""

import pytest

from mare.custom_resource.status_values import read_scale_event, scale_event
from mare.domain.behavior import down_limit, up_limit
from mare.domain.scale_events import MOST_STORED, ScaleEvent, needed_events
from mare.domain.spec import Behavior, PolicyType, ScalingPolicy, ScalingRules, ScalingSpec
from mare.domain.timers import Timers

NOW = 1_800_000_000.0
RULES = ScalingRules(policies=(ScalingPolicy(PolicyType.PODS, 3, 30),))


def limits(*events):
    """Return the fewest and the most replicas of 7 that a policy of 3 Pods in 30 s allows."""
    return down_limit(RULES, 7, events, NOW), up_limit(RULES, 7, events, NOW)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ScaleEvent(NOW - 10, 2), (2, 8)),
        (ScaleEvent(NOW - 40, 2), (4, 10)),
        (ScaleEvent(NOW - 10, 2, NOW - 25), (2, 8)),
        (ScaleEvent(NOW - 10, 2, NOW - 40), (4, 8)),
        (ScaleEvent(NOW - 10, 2, float("-inf")), (4, 8)),
        (ScaleEvent(NOW - 10, -2, float("-inf")), (6, 10)),
        (ScaleEvent(NOW - 10, -2), (6, 12)),
        (ScaleEvent(NOW - 40, 2, NOW), (4, 10)),
    ],
)
def test_a_change_counts_from_its_latest_time_and_for_the_other_direction_from_its_earliest(
    event, expected
):
    assert limits(event) == expected


def test_a_change_that_a_new_leader_finds_has_no_time():
    found = Timers(replicas=5).at_start(ScalingSpec(max_replicas=10), 7, NOW).events
    assert found == (ScaleEvent(NOW, 2, float("-inf")),)
    assert limits(*found) == (4, 8)


def test_a_change_that_is_stored_with_a_later_time_counts_from_now_on():
    """The clock was set back: a policy of 60 s would wait for an hour more."""
    stored = Timers(events=(ScaleEvent(NOW + 3_600, 2), ScaleEvent(NOW - 10, 2)))
    found = stored.at_start(ScalingSpec(max_replicas=10), 7, NOW).events
    assert [each.time for each in found] == [NOW, NOW - 10]


@pytest.mark.parametrize("offset", [0.0, 0.3, -7.123456789])
def test_a_stored_change_keeps_whether_its_time_is_known(offset):
    found = ScaleEvent(NOW, 2, float("-inf"))
    stored = scale_event(found, offset)
    assert stored.endswith("Z +2 or earlier")
    again = read_scale_event(stored, offset)
    assert again.earliest == float("-inf")
    assert scale_event(again, offset) == stored

    exact = scale_event(ScaleEvent(NOW - 0.4, -3), offset)
    assert exact.endswith("Z -3")
    read = read_scale_event(exact, offset)
    assert 0 < read.time - read.earliest <= 1
    assert read.earliest <= NOW - 0.4 <= read.time + 1e-6
    assert scale_event(read, offset) == exact


def test_merged_changes_have_the_times_of_the_first_and_the_last():
    rules = ScalingRules(policies=(ScalingPolicy(PolicyType.PODS, 1, 1_500),))
    behavior = Behavior(scale_up=rules, scale_down=rules)
    events = tuple(ScaleEvent(NOW - age, 1) for age in range(99, 59, -1))
    merged = needed_events(behavior, events, NOW, MOST_STORED)
    assert merged == (ScaleEvent(NOW - 60, 40, NOW - 99),)
