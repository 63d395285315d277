"""Replicas that have not been ready for minutes."""

import pytest

from mare.domain.unknown import Unknown
from mare.domain.unready import UnreadyReplicas


def after(*phases, period=1):
    """Return the replicas after phases of (seconds, requested, ready), and the time."""
    unready, now = UnreadyReplicas(), 0.0
    for seconds, requested, ready in phases:
        for _ in range(seconds // period):
            unready = unready.observe(requested, ready, now)
            now += period
    return unready, now - period


def missing(*phases):
    unready, now = after(*phases)
    return unready.count(now)


def test_replicas_are_unready_after_five_minutes():
    assert missing((300, 12, 0)) == 0
    assert missing((301, 12, 0)) == 12
    assert missing((301, 12, 8)) == 4


def test_a_quarter_may_be_replaced_at_a_time():
    assert missing((900, 12, 9)) == 0
    assert missing((900, 12, 8)) == 4
    assert missing((900, 20, 15)) == 0
    assert missing((900, 20, 14)) == 6


def test_steps_up_do_not_begin_the_time_again():
    assert missing((100, 4, 0), (100, 8, 0), (101, 16, 0)) == 4


def test_replicas_that_were_added_last_have_five_minutes_of_their_own():
    grows = [(60, 4 * 2**n, 2 * 2**n) for n in range(1, 6)]
    assert missing((60, 4, 4), *grows) == 0


def test_replicas_that_are_no_longer_requested_are_not_missing():
    assert missing((400, 12, 3), (31, 4, 3)) == 0
    assert missing((400, 12, 3), (1, 6, 3)) == 3


def test_a_crash_loop_that_is_ready_for_a_moment_is_not_ready():
    tries = [(20, 12, 0), (2, 12, 12)]
    assert missing(*(tries * 15)[:-1]) == 12
    assert missing(*(tries * 15)) == 12


def test_a_rolling_update_of_a_stateful_set_of_three_is_not_unready():
    one_after_the_other = [(150, 3, 2), (1, 3, 3)]
    assert missing(*one_after_the_other * 3) == 0
    assert missing((301, 3, 2)) == 1
    assert missing(*[(20, 1, 0), (1, 1, 1)] * 15) == 1
    assert missing(*[(20, 3, 1), (1, 3, 3)] * 15) == 2


def test_a_new_leader_goes_on_after_a_minute():
    assert after((60, 12, 0))[0].stored(59.0) is None
    unready, now = after((290, 12, 3))
    later = unready.stored(now).at_start(now + 10)
    assert later.observe(12, 3, now + 10).count(now + 10) == 0
    assert later.observe(12, 3, now + 12).count(now + 12) == 9
    assert unready.at_start(-100.0).since == -100.0
    assert UnreadyReplicas().at_start(5.0) == UnreadyReplicas()


def test_replicas_that_stay_ready_end_the_time():
    assert after((400, 12, 0), (31, 12, 12))[0] == UnreadyReplicas()
    unready, now = after((400, 12, 0), (200, 16, 12), (1, 16, 4))
    assert (unready.expected, unready.count(now)) == (16, 0)


@pytest.mark.parametrize("phase", [(1, 0, 0), (1, 12, Unknown("NotReported", "no count"))])
def test_nothing_is_missing_without_replicas_or_without_a_count(phase):
    assert after((400, 12, 0), *[phase] * 31)[0] == UnreadyReplicas()


def test_an_unchanged_workload_makes_no_new_state():
    unready, now = after((10, 12, 0))
    assert unready.observe(12, 0, now + 1) is unready
    assert UnreadyReplicas() == UnreadyReplicas().observe(3, 3, now)
