"""Waits before a restart."""

from hypothesis import given
from hypothesis import strategies as st

from mare.processes import Backoff

BACKOFF = Backoff(first=0.5, longest=30.0, healthy=10.0)


def test_waits_double_up_to_the_longest() -> None:
    assert [BACKOFF.delay(failures) for failures in range(1, 9)] == [
        0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0,
    ]  # fmt: skip


def test_a_healthy_life_forgives_what_was_before() -> None:
    assert BACKOFF.failures(7, lived=9.9) == 8
    assert BACKOFF.failures(7, lived=10.0) == 0
    assert BACKOFF.delay(0) == BACKOFF.delay(1)


@given(st.integers(min_value=0))
def test_no_number_of_failures_waits_longer_than_the_longest(failures: int) -> None:
    assert BACKOFF.first <= BACKOFF.delay(failures) <= BACKOFF.longest
