"""Delays between attempts to reach the broker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.backoff import Backoff


def delays(draw, count):
    backoff = Backoff(draw=lambda: draw)
    return [backoff.next_delay() for _ in range(count)]


def test_delays_double_up_to_eight_seconds():
    assert delays(0, 6) == [0.5, 1, 2, 4, 8, 8]


def test_chance_takes_up_to_half_of_a_delay():
    assert delays(1, 3) == [0.25, 0.5, 1]


@pytest.mark.parametrize(("lasted", "then"), [(9.9, 2), (10.0, 0.5)])
def test_a_connection_that_lasts_ten_seconds_begins_anew(lasted, then):
    now = [100.0]
    backoff = Backoff(draw=lambda: 0, clock=lambda: now[0])
    backoff.next_delay()
    backoff.next_delay()
    backoff.connected()
    now[0] += lasted

    assert backoff.next_delay() == then


def test_failures_after_a_connection_ended_do_not_count_it_again():
    now = [100.0]
    backoff = Backoff(draw=lambda: 0, clock=lambda: now[0])
    backoff.connected()
    now[0] += 60

    assert [backoff.next_delay() for _ in range(3)] == [0.5, 1, 2]


def test_a_client_chooses_its_bounds_and_resets_at_each_connection():
    backoff = Backoff(0.2, 1.0, steady=0.0, draw=lambda: 0)

    assert [backoff.next_delay() for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.connected()
    assert backoff.next_delay() == 0.2


@given(st.integers(1, 2000))
def test_no_delay_is_longer_than_eight_seconds_however_long_the_outage(count):
    assert max(delays(0, count)) <= 8
