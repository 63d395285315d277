"""When objects are read."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare.custom_resource.autoscaler import Key
from mare.loop.pace import Pace, Rank, ReadBudget, next_turn

NUMBERS = st.integers(0, 10_000)
MOMENTS = st.floats(1.6e9, 1.8e9)
PERIODS = st.floats(0.1, 1.0)


@given(number=NUMBERS, period=PERIODS, now=MOMENTS)
def test_the_next_turn_comes_within_a_period(number, period, now):
    assert now <= next_turn(number, period, now) <= now + period


@given(number=NUMBERS, period=PERIODS, now=MOMENTS, late=st.floats(0.001, 0.05))
def test_a_late_object_keeps_its_turn(number, period, now, late):
    turn = next_turn(number, period, now)

    assert next_turn(number, period, turn + late) == pytest.approx(turn + period, abs=1e-4)


def test_a_thousand_that_begin_at_the_same_moment_are_spread_evenly():
    turns = sorted(next_turn(number, 1.0, 1.7e9 + 0.3) - 1.7e9 for number in range(1000))

    gaps = [after - before for before, after in pairwise(turns)]
    assert max(gaps) < 0.004


IDLE, BUSY = Key("shop", "idle"), Key("shop", "busy")


def periods(budget: ReadBudget) -> tuple[float, float]:
    return budget.period(IDLE, Rank.IDLE), budget.period(BUSY, Rank.BUSY)


def test_the_reads_of_all_are_added_up_once_a_second():
    budget, read_times = ReadBudget(Pace(), 2_000), []

    def costs() -> Iterator[tuple[Key, int, Rank]]:
        read_times.append(now)
        yield IDLE, 200, Rank.IDLE
        yield BUSY, 100, Rank.BUSY

    for eighth in range(33):
        now = 100 + eighth / 8
        budget.update(costs(), now)
        assert periods(budget) == (0.5, 0.75)

    assert read_times == [100, 101, 102, 103, 104]


def test_a_clock_that_is_set_back_does_not_keep_the_old_sum():
    budget = ReadBudget(Pace(), 2_000)
    budget.update([], 5000)
    budget.update([(IDLE, 200, Rank.IDLE), (BUSY, 200, Rank.BUSY)], 100)

    assert periods(budget) == (0.5, 1.0)
