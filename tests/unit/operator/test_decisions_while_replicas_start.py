"""Decisions on messages that wait for replicas which do not start, also under a new leader."""

from dataclasses import replace

import pytest

from mare.domain.history import History
from mare.domain.reason import Reason
from mare.domain.spec import ScalingSpec
from tests.unit.operator.building import Timeline, missing, reading
from tests.unit.operator.starting import SPEC


def led():
    """Return a timeline of 5 minutes with 10 messages/s, for which no replica starts."""
    timeline = Timeline(SPEC, 4)
    passes_without_start(timeline, range(300))
    return timeline


def passes_without_start(timeline, seconds, extra=0):
    for second in seconds:
        timeline.now = 1_000.0 + second
        count = 10 * second + extra
        timeline.read(reading(count, at=timeline.now, consumers=0, published=count))


def change_leader(timeline, gap=0.0):
    timers = timeline.history.timers(timeline.spec, timeline.now)
    now, replicas = timeline.now + gap, timeline.replicas
    timers = replace(timers, replicas=replicas).at_start(timeline.spec, replicas, now)
    estimates = timeline.history.learning.estimates
    timeline.history = History.begin(now, replicas, estimates, timers=timers)


@pytest.mark.parametrize("gap", [0, 300])
def test_a_new_leader_asks_for_no_more_of_replicas_that_do_not_start(gap):
    timeline = led()
    before = timeline.replicas
    change_leader(timeline, gap)
    passes_without_start(timeline, range(300 + gap, 400 + gap))
    assert timeline.replicas == before <= 12


def test_a_burst_between_two_leaders_is_a_reason_for_more():
    timeline = led()
    change_leader(timeline, 30)
    passes_without_start(timeline, range(330, 332), extra=4_000)
    assert timeline.replicas == 100


def test_what_was_stored_an_hour_ago_says_nothing_about_messages_of_now():
    timeline = led()
    change_leader(timeline, 3_600)
    passes_without_start(timeline, range(3_900, 3_902))
    assert timeline.replicas == 100


def test_a_decision_knows_the_messages_of_a_queue_that_is_away():
    timeline = Timeline(SPEC, 12)
    for second in range(300):
        timeline.now += 1
        work = reading(10 * second, at=timeline.now, consumers=0, published=10 * second)
        other = reading(90, at=timeline.now, name="other", consumers=0)
        is_away = 200 <= second < 205
        timeline.read(work, missing("other", at=timeline.now) if is_away else other)
        if second == 199:
            before = timeline.replicas
    assert timeline.replicas == before < 100


def test_no_replica_is_removed_while_messages_wait_for_those_that_start():
    timeline = Timeline(SPEC, 1)
    counts = []
    for second in range(200):
        timeline.now += 1
        ready = 20 * second if second < 100 else 2_000  # the load has ended
        depth = {"consumers": min(timeline.replicas, 1), "published": ready}
        timeline.read(reading(ready, at=timeline.now, **depth), ready=1)
        counts.append(timeline.replicas)
    assert counts == sorted(counts)
    assert counts[-1] < 100
    last = timeline.decisions[-1]
    assert "Scale-down is blocked while messages wait for replicas that start." in last.message
    assert last.reason is Reason.REPLICAS_STARTING  # no input is unknown


def test_a_step_while_learning_waits_for_most_of_the_last_one():
    timeline = Timeline(ScalingSpec(min_replicas=0, max_replicas=100), 4)
    for _ in range(60):
        timeline.now += 1
        decision = timeline.read(reading(400, at=timeline.now, consumers=0))
    assert decision.replicas == 4
    for _ in range(16):  # three updates of the statistics
        timeline.now += 1
        decision = timeline.read(reading(400, at=timeline.now, consumers=3))
    assert decision.replicas > 4
