"""The default scale-down window: longer after scale-downs that had to be undone."""

import pytest

from mare.domain.behavior import Recommendation
from mare.domain.history import History
from mare.domain.spec import HPA_BEHAVIOR, QUEUE_WAIT_BEHAVIOR, ScalingSpec
from mare.domain.undone_scale_downs import UndoneScaleDowns
from tests.unit.operator.building import Timeline, replace

START = 3.0


def after(*changes, start=START):
    """Return the factor of the window after changes (second, replicas)."""
    undone = UndoneScaleDowns()
    for now, change in changes:
        undone = undone.observe(change, start, now)
    return undone.factor


DOWN, UP = -1, 1


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ([(0, UP), (5, UP)], 1),
        ([(0, DOWN), (16, UP)], 2),
        ([(0, DOWN), (17, UP)], 1),
        ([(0, DOWN), (10, UP), (40, DOWN), (55, UP)], 4),
        ([(0, DOWN), (9, UP), (40, DOWN), (49, UP), (90, DOWN), (99, UP)], 4),
        ([(0, DOWN), (10, UP), (40, DOWN), (60, UP)], 1),
        ([(0, DOWN), (10, UP), (40, DOWN), (60, DOWN)], 1),
        ([(0, DOWN), (10, UP), (40, DOWN), (45, DOWN)], 2),
    ],
)
def test_the_window_doubles_with_an_undone_scale_down_and_halves_with_one_that_lasts(
    changes, factor
):
    assert after(*changes) == factor


def test_a_scale_down_is_undone_later_where_replicas_start_slowly():
    assert after((0, DOWN), (24, UP), start=30.0) == 2
    assert after((0, DOWN), (24, UP)) == 1


def test_a_timer_that_fires_every_four_minutes_keeps_the_short_window():
    assert after(*[(240 * n + s, c) for n in range(9) for s, c in ((0, UP), (75, DOWN))]) == 1


@pytest.mark.parametrize(("behavior", "seconds"), [(QUEUE_WAIT_BEHAVIOR, 60), (HPA_BEHAVIOR, 300)])
def test_only_the_default_window_of_the_wait_target_grows(behavior, seconds):
    grown = behavior.with_window_factor(4.0)
    assert grown.scale_down.stabilization_window_seconds == seconds
    assert behavior.with_window_factor(1.0) is behavior


def test_a_decision_waits_for_the_window_that_undone_scale_downs_made():
    time = Timeline(ScalingSpec(max_replicas=9, cooldown_seconds=999), 4)
    time.history = replace(
        History.begin(0.0, 4),
        recommendations=(Recommendation(0.0, 4),),
        undone_scale_downs=UndoneScaleDowns(factor=4.0),
    )
    time.now = 20.0
    decision = time.decide()
    assert (decision.replicas, decision.until) == (4, 60.0)
    assert "after the stabilization window of 60 s" in decision.message
