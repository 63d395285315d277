"""Delays between attempts to reach the broker."""

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.backoff import Backoff


def delays(draw, count):
    backoff = Backoff(lambda: draw)
    return [backoff.next_delay() for _ in range(count)]


def test_delays_double_up_to_eight_seconds():
    assert delays(0, 6) == [0.5, 1, 2, 4, 8, 8]


def test_chance_takes_up_to_half_of_a_delay():
    assert delays(1, 3) == [0.25, 0.5, 1]


def test_success_begins_anew():
    backoff = Backoff(lambda: 0)
    backoff.next_delay()
    backoff.next_delay()
    backoff.reset()

    assert backoff.next_delay() == 0.5


@given(st.integers(1, 2000))
def test_no_delay_is_longer_than_eight_seconds_however_long_the_outage(count):
    assert max(delays(0, count)) <= 8
