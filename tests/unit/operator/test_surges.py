"""Surges: moments at which the arrival rate at least doubles."""

import math
from random import Random
from statistics import fmean

import pytest

from mare.domain.surges import Surges
from tests.unit.operator.recorded_counts import counts_of, poisson_counts


def observed(counts, surges=None):
    surges = surges or Surges()
    for count in counts:
        surges = surges.observe(count)
    return surges


@pytest.mark.parametrize("rate", [0.2, 1.0, 5.0, 40.0, 300.0])
def test_noise_hardly_ever_is_a_surge(rate):
    found = [len(observed(poisson_counts(lambda _: rate, 7200, seed)).past) for seed in range(12)]
    assert fmean(found) <= 1


def test_a_burst_is_found_with_its_beginning_its_rate_and_the_rate_before():
    surges = observed(poisson_counts(lambda at: 24.0 if 900 <= at < 960 else 2.0, 1200, 1))
    (surge,) = surges.past
    assert surge.at == pytest.approx(900, abs=5)
    assert surge.rate == pytest.approx(24, rel=0.15)
    assert surge.before == pytest.approx(2, rel=0.4)


def test_a_batch_that_is_published_at_once_is_measured_over_15_seconds():
    surges = observed(counts_of([2] * 60 + [480] + [2] * 60))
    (surge,) = surges.past
    assert surge.at == 300.0
    assert surge.rate == pytest.approx(480 / 15, rel=0.1)


def test_a_few_messages_before_a_timer_do_not_move_its_beginning():
    surges = observed(counts_of([0] * 60 + [1, 0, 1, 1, 0, 0, 1] + [120] * 12 + [0] * 12))
    (surge,) = surges.past
    assert surge.at == 5.0 * 67
    assert surge.rate == pytest.approx(24, rel=0.05)


def test_a_curve_of_hours_has_no_surge():
    def day(at):
        return 60 - 50 * math.cos(2 * math.pi * at / 21_600)

    # The first count may be a surge: nothing is known of what was before it.
    assert not observed(poisson_counts(lambda at: day(at + 3600), 21_600, 3)).past


def test_the_load_at_the_start_is_a_surge_only_if_it_ends_soon():
    assert not observed(counts_of([50] * 200)).past
    ended = observed(counts_of([50] * 12 + [20] + [0] * 40))
    assert [each.at for each in ended.past] == [0.0]


def test_after_a_fall_the_rate_is_that_of_the_counts_since():
    assert observed(counts_of([100] * 60 + [10])).rate == 10 / 5


def test_a_weak_surge_is_found_where_one_is_due():
    weak = counts_of([5] * 60 + [10] * 3 + [5] * 12)
    assert not observed(weak).past
    surges = Surges()
    for count in weak:
        surges = surges.observe(count, is_due=count.end > 290)
    assert len(surges.past) == 1


def test_at_most_32_surges_are_kept_and_the_large_ones_the_longest():
    counts = []
    for number in range(300):
        counts += [400 if number == 60 else 100] * 12 + [0] * 36
    surges = observed(counts_of(counts))
    assert len(surges.past) == 32
    assert max(each.rate for each in surges.past) > 60


def test_surges_of_more_than_three_days_ago_are_forgotten():
    once = observed(counts_of([0] * 12 + [100] * 12 + [0] * 12))
    later = observed(
        counts_of([0] * 12 + [100] * 12 + [0] * 12, start=4 * 86_400),
        Surges(past=once.past, rate=0.0),
    )
    assert [each.at for each in later.past] == [4 * 86_400 + 60.0]


def test_the_order_of_random_counts_never_breaks_it():
    random = Random(7)
    counts = [int(random.paretovariate(0.6)) for _ in range(3000)]
    surges = observed(counts_of(counts))
    assert all(each.rate >= 2 * each.before and each.rate > 0 for each in surges.past)
    assert [each.at for each in surges.past] == sorted(each.at for each in surges.past)
