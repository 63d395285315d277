"""Replicas that consume for some seconds and end again have not started."""

import pytest

from mare.domain.crash_loop import CrashLoop
from mare.domain.starting_backlog import StartingBacklog
from tests.unit.operator.building import Timeline, reading
from tests.unit.operator.starting import SPEC, observed


def crashing(*, seconds=3, every=40, until=600):
    """Replicas that consume for some seconds of each attempt."""
    backlog = StartingBacklog()
    for second in range(until):
        consuming = 12.0 if second % every >= every - seconds else 0.0
        backlog = observed(backlog, 100 + 10 * second, float(second), consuming=consuming)
    return backlog


def test_replicas_that_consume_for_seconds_have_not_started():
    assert crashing(until=3 * 40).uncounted > 500
    assert crashing().uncounted > 5_000
    assert crashing().is_starting


def test_replicas_of_a_crash_loop_have_started_when_they_stay_for_half_a_minute():
    backlog = crashing(until=590)
    for second in range(590, 618):
        backlog = observed(backlog, 6_000, float(second), consuming=12.0)
        assert backlog.is_starting
    for second in range(618, 622):
        backlog = observed(backlog, 6_000, float(second), consuming=12.0)
    assert (backlog.is_starting, backlog.uncounted) == (False, 0)
    assert not observed(observed(backlog, 0, 700.0), 0, 701.0, consuming=12.0).is_starting


@pytest.mark.parametrize(
    ("replicas", "consuming"),
    [
        ((12, 12, 4), (12, 12, 4)),
        ((12, 12, 1), (12, 12, 0)),
        ((12, 12, 12), (12, 12, 7)),
        ((4, 12, 12), (4, 4, 12)),
        ((12, 12, 0), (12, 12, 0)),
    ],
    ids=["fewer replicas", "all but one", "some connect again", "a second step", "idle"],
)
def test_consumers_that_end_with_their_replicas_are_no_crash_loop(replicas, consuming):
    state = CrashLoop()
    for second, (count, consumers) in enumerate(zip(replicas, consuming, strict=True)):
        state = state.observe(count, float(consumers), float(second))
    assert not state.is_seen


def test_consumers_that_end_after_a_minute_are_no_crash_loop():
    state = CrashLoop().observe(12, 12.0, 0.0)
    assert not state.observe(12, 12.0, 60.0).observe(12, 0.0, 61.0).is_seen
    assert state.observe(12, 0.0, 20.0).is_seen


def test_added_replicas_of_a_crash_loop_are_noticed_whatever_the_others_do():
    state = CrashLoop().observe(4, 4.0, 0.0).observe(12, 4.0, 100.0).observe(12, 12.0, 130.0)
    assert state.observe(12, 4.0, 133.0).is_seen


def test_a_crash_loop_does_not_ask_for_more_replicas_with_each_attempt():
    timeline = Timeline(SPEC, 4)
    for second in range(480):
        timeline.now += 1
        consumers = timeline.replicas if second % 60 < 3 else 0
        done = 20 * (second // 60) + 5 * min(second % 60, 4)
        counters = {"published": 10 * second, "delivered": done, "acknowledged": done}
        ready = 10 * second - done
        timeline.read(reading(ready, at=timeline.now, consumers=consumers, **counters))
    assert timeline.replicas <= 12
