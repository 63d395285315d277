"""The arrival rate and its dispersion, from counts of published messages."""

import math
from dataclasses import replace
from random import Random

import pytest

from mare.domain.arrivals import Arrivals, Count, rate_at, remember


def counted(rates, seconds=5.0, random=None):
    """Counts of a stream with these rates, exact or with the noise of a Poisson stream."""
    counts = ()
    for index, rate in enumerate(rates):
        expected = rate * seconds
        noise = random.gauss(0, expected**0.5) if random else 0.0
        end = (index + 1) * seconds
        counts = remember(counts, Count(end, seconds, max(0, round(expected + noise))))
    return counts


def test_a_steady_rate_is_the_mean_of_two_minutes():
    random = Random(7)
    estimates = [rate_at(counted([40] * 40, random=random), 200) for _ in range(20)]
    assert all(37 < estimate < 43 for estimate in estimates)


def test_counts_are_kept_for_two_minutes():
    counts = counted([40] * 60)
    assert (counts[0].end, counts[-1].end) == (185, 300)


def test_the_highest_rate_is_that_of_the_last_15_seconds():
    arrivals = Arrivals(rates=((100.0, 90.0), (110.0, 70.0)))
    for index in range(20):
        new = Count(20.0 + 5 * index, 5.0, 100 + 5 * index)
        arrivals = replace(arrivals, counts=remember(arrivals.counts, new))
    later = arrivals.observe(Count(120.0, 5.0, 200), 120.0, 0.0)
    assert later.highest_rate == 70


def test_a_jump_counts_at_once():
    assert rate_at(counted([4] * 20 + [64]), 105) == 64
    assert rate_at(counted([64] * 20 + [4]), 105) == 4


def test_a_ramp_is_followed_without_a_lag():
    rising = counted([20 + 0.7 * index for index in range(40)])
    assert rate_at(rising, 200) == pytest.approx(20 + 0.7 * 39.5, rel=0.02)
    assert rate_at(rising, 230) > rate_at(rising, 200)


def test_a_falling_rate_is_not_extrapolated_below_the_mean_of_half_a_minute():
    falling = [Count(5.0 * (index + 1), 5.0, 100 - 4 * index) for index in range(20)]
    assert rate_at(falling, 110) == pytest.approx((24 + 44) / 2 / 5)
    assert rate_at(falling, 80) == pytest.approx((100 - 4 * 15.5) / 5)


def observed(messages, seconds=5.0, start=0.0):
    arrivals = Arrivals()
    for index, count in enumerate(messages):
        end = start + (index + 1) * seconds
        arrivals = arrivals.observe(Count(end, seconds, count), end, 0.0)
    return arrivals


def swings(times, *, size):
    """Counts that are so many standard deviations of a Poisson process above or below 25."""
    random = Random(3)
    return [25 + 5 * size * random.choice((-1, 1)) for _ in range(times)]


def test_a_second_jump_in_turn_does_not_confirm_the_first():
    arrivals = observed([20] * 20 + [99_500, 300])
    assert arrivals.rate_before_jump == 4
    assert observed([20] * 20 + [99_500, 300, 99_500]).rate_before_jump == 4
    assert observed([20] * 20 + [300, 310]).rate_before_jump is None
    assert len(observed([20] * 20 + [99_500, 20]).counts) == 21
    assert observed([20, 300]).rate_before_jump == 4


def test_a_counter_that_falls_takes_back_a_jump_that_one_count_supports():
    before = observed([20] * 20)
    jumped = before.observe(Count(105.0, 5.0, 99_500), 105.0, 0.0)
    after = jumped.without_jump()
    assert (after.rate, after.highest_rate, after.rate_before_jump) == (4, 4, None)
    assert after.counts == before.counts
    assert after.observe(Count(115.0, 5.0, 99_500), 115.0, 0.0).rate_before_jump == 4
    assert before.without_jump() is before


def test_a_counter_that_falls_takes_back_the_first_count():
    after = observed([99_500]).without_jump()
    assert (after.rate, after.highest_rate, after.counts) == (None, None, ())
    assert after.rate_before_jump == 0.0


@pytest.mark.parametrize(
    ("messages", "dispersion"),
    [
        (swings(200, size=1), (1.0, 1.0)),
        (swings(200, size=2), (3.0, 5.0)),
        (([0] * 36 + [300] * 12) * 6, (1.0, 2.5)),
        (([1] * 47 + [134]) * 6, (1.0, 2.0)),
        (([1] * 7 + [134]) * 30, (1.5, 3.0)),
        ([*range(10, 210)], (1.0, 1.0)),
    ],
)
def test_the_dispersion_is_the_variance_over_that_of_a_poisson_process(messages, dispersion):
    """A timer, which fires every 4 minutes, a single burst and a trend make no load bursty."""
    least, most = dispersion
    assert least <= observed(messages).dispersion <= most


def test_the_swing_of_a_load_that_always_swings_is_no_jump():
    steady, swinging = observed([25] * 60), observed(swings(60, size=2))
    jump = Count(305.0, 5.0, 55)
    assert len(steady.observe(jump, 305.0, 0.0).counts) == 1
    assert len(swinging.observe(jump, 305.0, 0.0).counts) > 1


def test_a_burst_among_bursty_arrivals_is_no_new_rate():
    counts = counted([5] * 20)
    burst, after = Count(105.0, 5.0, 134), Count(110.0, 5.0, 134)
    assert remember(counts, burst, dispersion=3.0) == (burst,)
    bursty = remember(counts, burst, dispersion=16.0)
    assert len(bursty) == 21
    assert len(remember(bursty, after, dispersion=16.0)) == 3


def test_few_messages_have_a_large_deviation():
    arrivals = observed([2] * 24)
    assert arrivals.rate == pytest.approx(0.4)
    assert arrivals.deviation_of_rate == pytest.approx(math.sqrt(48) / 120)
    assert Arrivals().deviation_of_rate == 0


@pytest.mark.parametrize(("jumps", "rate"), [(1, 40), (2, 40), (3, 48)])
def test_a_jump_that_three_counts_show_counts_with_the_third(jumps, rate):
    assert rate_at(counted([40] * 20 + [48] * jumps), 100 + 5 * jumps) == pytest.approx(rate, 0.05)


@pytest.mark.parametrize(("newest", "kept"), [(2, 22), (3, 3)])
def test_among_bursty_arrivals_three_counts_show_a_new_rate(newest, kept):
    counts = counted([10] * 20)
    for index in range(newest):
        counts = remember(counts, Count(105.0 + 5 * index, 5.0, 95), 4.0)
    assert len(counts) == kept


@pytest.mark.parametrize("after", [[8], [0, 0], [0, 8]])
def test_a_gap_in_the_statistics_is_no_fall_of_the_rate(after):
    """2 messages/s arrive, and 10 minutes later 1.6: all older counts have expired meanwhile."""
    arrivals = observed([10] * 24)
    for index, messages in enumerate(after):
        end = 24 * 5.0 + 600.0 + 5.0 * index
        arrivals = arrivals.observe(Count(end, 5.0, messages), end, 0.0)
    assert arrivals.fell_at is None


def test_a_fall_of_a_steady_rate_drops_the_earlier_highest_rate():
    assert observed([60] * 8).fell_at is None
    fallen = observed([60] * 8 + [5])
    assert (fallen.highest_rate, fallen.fell_at) == (1.0, 45.0)
    assert observed([60] * 7 + [5]).fell_at is None  # after few counts it may be the trend


def test_one_count_of_zero_ends_no_window_but_two_do():
    steady = [30] * 19
    stalled = observed([*steady, 0], seconds=1.0)
    assert (stalled.highest_rate, stalled.fell_at) == (30.0, None)
    assert observed([*steady, 0, 30], seconds=1.0).fell_at is None
    fallen = observed([*steady, 0, 0], seconds=1.0)
    assert (fallen.highest_rate, fallen.fell_at) == (0.0, 21.0)


def test_an_arrival_rate_that_later_counts_continue_is_not_doubted():
    jumped = observed([40] * 20 + [400])
    assert jumped.before_jump == observed([40] * 20).counts
    assert (jumped.rate, jumped.rate_before_jump) == (80, 8)
    steady = observed([40] * 20 + [400, 400])
    assert (steady.before_jump, steady.rate_before_jump) == ((), None)
