"""Rates stay right while the clocks of operator and broker drift, at any polling period."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest

from mare.broker.sample_clock import SampleClock
from mare.domain.arrivals import Arrivals, Count

RATE = 40.0
PERIOD = 5.0
DAY = 24 * 3600.0
HOUR = 3600.0


def sample_times(period: float, random: Random, length: float = DAY) -> list[float]:
    """When a broker samples its counters, with the jitter of RabbitMQ."""
    return [n * period + random.gauss(0, 0.02) for n in range(int(length / period) + 2)]


def counter(moments: list[float], rate: float = RATE) -> Callable[[float], int]:
    """Return the counter at a steady rate, as it was sampled last before a time."""
    return lambda now: round(rate * moments[max(0, bisect_right(moments, now) - 1)])


def polled(
    polling: float,
    begin: float,
    end: float,
    counted: Callable[[float], int],
    late: Callable[[], float] = lambda: 0.0,
) -> list[tuple[float, float, int]]:
    """Request time, sample time and counter of each new sample."""
    clock, now, found = SampleClock(polling), begin, []
    past = counted(now)
    while now < end:
        count = counted(now)
        at = clock.sample_time(now, abs(count - past))
        past = count
        if at is not None and clock.is_aligned:
            found.append((now, at, count))
        now += clock.pause + late()
    return found


def samples(
    moments: list[float], polling: float, late: float, random: Random, rate: float = RATE
) -> list[tuple[float, float, int]]:
    counted = counter(moments, rate)
    return polled(polling, 12.3, moments[-2], counted, lambda: abs(random.gauss(0, late)))


def rates(answers: list[tuple[float, float, int]]) -> list[float]:
    return [(y[2] - x[2]) / (y[1] - x[1]) for x, y in pairwise(answers)]


@pytest.mark.parametrize("period", [4.999, 5.0, 5.002, 5.005])
@pytest.mark.parametrize("late", [0.001, 0.005])
def test_a_steady_rate_stays_steady_while_the_clocks_pass_each_other(period: float, late: float):
    random = Random(7)
    found = rates(samples(sample_times(period, random), PERIOD, late, random))

    assert len(found) > 0.95 * DAY / PERIOD
    assert min(found) > 0.9 * RATE
    assert max(found) < 1.1 * RATE


@pytest.mark.parametrize("rate", [40.0, 400.0])
@pytest.mark.parametrize(
    ("polling", "period"),
    [(1.0, 5.002), (2.0, 5.002), (5.0, 5.002), (0.5, 1.002), (1.0, 1.002), (15.0, 15.002)],
)
def test_the_estimated_rate_is_right_at_any_polling_period(
    polling: float, period: float, rate: float
):
    random, length = Random(7), min(HOUR, 720 * period)
    answers = samples(sample_times(period, random, length), polling, 0.005, random, rate)
    arrivals, estimates, lost = Arrivals(), [], 0
    for before, (now, at, count) in pairwise(answers):
        remembered = len(arrivals.counts)
        arrivals = arrivals.observe(Count(at, at - before[1], count - before[2]), now, 5.0)
        lost += len(arrivals.counts) < min(remembered, 10)
        estimates.append(arrivals.rate)

    settled = estimates[20:]
    assert len(estimates) > 0.95 * length / period
    assert min(settled) > 0.96 * rate
    assert max(settled) < 1.04 * rate
    assert lost <= 1  # the very first count


@pytest.mark.parametrize("rate", [2.0, 40.0])
@pytest.mark.parametrize("period", [6.002, 8.002, 10.002])
@pytest.mark.parametrize("polling", [1.0, 2.0, 5.0])
def test_a_longer_sampling_period_of_the_broker_is_learnt(
    polling: float, period: float, rate: float
):
    random = Random(7)
    answers = samples(sample_times(period, random, HOUR), polling, 0.005, random, rate)
    settled = [each for each in answers if each[0] > 25 * period]

    assert len(settled) > 0.9 * (HOUR - 25 * period) / period
    assert min(rates(settled)) > 0.88 * rate
    assert max(rates(settled)) < 1.12 * rate
    assert max(later[0] - each[1] for each, later in pairwise(settled)) < period + 1.5 * polling


@pytest.mark.parametrize("pause", [15.0, 60.0])
@pytest.mark.parametrize("batch", [1, 1000])
def test_messages_in_batches_do_not_lengthen_the_sampling_period(pause: float, batch: int):
    sampled = counter(sample_times(PERIOD, Random(7), HOUR), rate=1.0)
    found = polled(PERIOD, 0.0, HOUR, lambda now: batch * int(sampled(now) / pause))

    assert max(later[0] - each[1] for each, later in pairwise(found)) < 2 * PERIOD


@pytest.mark.parametrize("polling", [1.0, 2.0, 5.0])
def test_equal_counters_are_a_new_sample_once_a_period_has_ended(polling: float):
    found = polled(polling, 100.0, 160.0, lambda now: int(min(now, 119) / 5) * 200)

    quiet = [now for now, _, counted in found if counted == 23 * 200]
    assert 1.1 * PERIOD <= quiet[1] - quiet[0] < 2 * PERIOD
    assert all(x < y for x, y in pairwise(quiet))
    assert quiet[-1] > 160 - PERIOD


@pytest.mark.parametrize("polling", [1.0, 2.0, 5.0])
def test_the_first_messages_after_a_pause_do_not_exceed_the_real_rate(polling: float):
    for offset in range(50):
        begin = 100.0 + offset / 10
        found = polled(polling, begin, 150, lambda now: int(max(0, now - 125) / 5) * 200)
        assert 0.7 * RATE < max(rates(found)) < 1.3 * RATE


@pytest.mark.parametrize("polling", [0.3, 1.0])
def test_the_first_counters_give_no_wrong_rate(polling: float):
    for offset in range(50):
        begin = 100.0 + offset / 10
        found = rates(polled(polling, begin, 130, lambda now: int(now / PERIOD) * 200))
        assert 0.8 * RATE < min(found) <= max(found) < 1.2 * RATE


def test_without_counters_every_response_is_a_new_sample():
    clock = SampleClock(PERIOD)

    assert [clock.sample_time(PERIOD * n, 0) for n in range(5)] == [0, 5, 10, 15, 20]


def test_a_response_after_a_long_pause_is_at_most_a_period_old():
    clock = SampleClock(PERIOD)
    for now, increase in ((0.0, 0), (5.0, 1), (10.0, 0), (12.5, 1)):
        clock.sample_time(now, increase)

    assert 495.0 <= clock.sample_time(500.0, 7) <= 500.0


def test_counters_that_do_not_change_are_aligned_after_a_period():
    """A queue at rest would never have known counters otherwise."""
    clock = SampleClock(1.0)
    aligned = {}
    for second in range(8):
        clock.sample_time(float(second), 0)
        aligned[second] = clock.is_aligned
    assert aligned == {second: second > 5 for second in range(8)}
