"""Recurrences: which surges come back, when, and with which load."""

import math
from itertools import pairwise
from random import Random

import pytest

from mare.domain.forecast import TideTable, recurrences
from mare.domain.surges import Surge, Surges
from tests.unit.operator.recorded_counts import counts_of, poisson_counts

MINUTE, HOUR = 60.0, 3600.0


def surges_at(*times, rate=20.0, before=0.5):
    return tuple(Surge(at, rate, before) for at in times)


def due_after(past, now, began=0.0):
    """Return when the next surge is due; None if none is."""
    return min((each.due for each in recurrences(past, now, began)), default=None)


def watched(counts, table=None):
    table = table or TideTable()
    for count in counts:
        table = table.observe((count,))
        yield table, count.end


def seconds_ahead(counts, lead=30.0):
    """Return for how long a load was expected, and how many surges there were."""
    expected, table = 0.0, TideTable()
    for table, now in watched(counts):
        expected += 5.0 * (table.expected(now, lead) is not None)
    return expected, len(table.surges.past)


@pytest.mark.parametrize(
    ("minutes", "now", "due"),
    [
        ((0, 30, 60), 62, 90),
        ((0, 30, 60), 91.5, None),
        ((0, 4, 8, 12), 14, 16),
        ((0, 7, 19, 24), 25, None),
        ((0, 240, 480), 490, 720),
        ((0, 1440, 2880), 2890, 4320),
        ((0, 4), 6, 8),
        ((0, 7), 9, None),
        ((0,), 9, None),
    ],
    ids=[
        "half-hourly",
        "half-hourly-missed",
        "every-4-minutes",
        "irregular",
        "every-4-hours",
        "daily",
        "two-of-a-timer",
        "two-of-no-timer",
        "one",
    ],
)
def test_the_next_surge_is_due_one_period_after_the_last(minutes, now, due):
    past = surges_at(*(MINUTE * each for each in minutes))
    found = due_after(past, MINUTE * now)
    assert found == (None if due is None else pytest.approx(MINUTE * due))


def test_a_surge_that_was_missed_ends_the_belief_until_two_more_agree():
    every = [MINUTE * 4 * number for number in range(12) if number not in {6, 7}]
    due = {}
    for last, (at, _) in enumerate(pairwise(every), start=1):
        due[round(at / MINUTE / 4)] = due_after(surges_at(*every[:last]), at + 90)
    assert due[5] == pytest.approx(MINUTE * 24)
    assert due_after(surges_at(*every[:6]), MINUTE * 25.5) is None
    assert due[10] == pytest.approx(MINUTE * 44)


def test_a_load_that_varies_is_forecast_by_its_weakest_surge():
    past = tuple(
        Surge(at, rate, 1.0) for at, rate in ((0, 20.0), (1800, 24.0), (3600, 21.0), (5400, 30.0))
    )
    (found,) = [each for each in recurrences(past, 5500, 0.0) if each.period == 1800]
    assert (found.rate, found.due) == (20.0, 7200.0)


def test_a_surge_before_one_that_was_missed_counts_as_one_that_comes_back():
    mains, others = (0.0, 30.0, 45.0), (5.0, 22.0)
    past = surges_at(*(MINUTE * each for each in mains))
    past += surges_at(*(MINUTE * each for each in others), rate=12.0)
    past = tuple(sorted(past, key=lambda each: each.at))
    assert due_after(past, MINUTE * 46) == pytest.approx(MINUTE * 60)
    assert due_after(past[1:], MINUTE * 46) is None


def test_a_surge_of_another_size_is_not_the_one_that_comes_back():
    past = tuple(Surge(at, rate, 0.5) for at, rate in ((0, 20.0), (1800, 3.0), (3600, 20.0)))
    assert due_after(past, 3700) is None


def test_two_timers_are_told_apart():
    quick = [MINUTE * 4 * number for number in range(1, 26)]
    slow = [MINUTE * 14 * number + 90 for number in range(8)]
    past = tuple(sorted(surges_at(*quick) + surges_at(*slow), key=lambda each: each.at))
    periods = {round(each.period / MINUTE) for each in recurrences(past, quick[-1] + 70, 0.0)}
    assert {4, 14} <= periods


def test_a_timer_that_comes_a_few_seconds_early_or_late_is_forecast():
    random = Random(3)
    past = surges_at(*(900.0 * number + random.uniform(-8, 8) for number in range(8)))
    assert due_after(past, past[-1].at + 70) == pytest.approx(7200, abs=10)


def test_the_surges_of_a_day_that_come_again_each_day_are_forecast():
    hours = (1.2, 4.0, 4.7, 9.1, 13.3, 20.9)
    past = surges_at(*(HOUR * (24 * day + hour) for day in range(3) for hour in hours))
    now = past[-1].at + 120
    assert due_after(past, now) == pytest.approx(HOUR * (72 + 1.2), abs=60)


def test_after_an_hour_without_an_operator_the_next_one_is_forecast():
    past = surges_at(0.0, 1800.0, 3600.0)
    assert due_after(past, 7300.0, began=7300.0) == pytest.approx(9000.0)


def test_an_outage_of_the_broker_ends_no_belief():
    def timer(minutes, start):
        return counts_of(([0] * 36 + [100] * 12) * minutes, start)

    *_, (before, _) = watched(timer(6, 0.0))
    *_, (after, now) = watched(counts_of([0] * 30, 1900.0), before)
    assert after.next is not None
    assert now < after.next.due == pytest.approx(2100.0, abs=5)
    *_, (watching, _) = watched(counts_of([0] * 90, 1440.0), before)
    assert watching.next is None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("gap", [60.0, 240.0, 900.0])
def test_random_bursts_are_hardly_ever_expected(seed, gap):
    random = Random(seed)
    counts, at = [0] * 2880, 0.0  # 4 hours
    while (at := at + random.expovariate(1 / gap)) < 14_300:
        counts[int(at // 5)] += random.choice((30, 80, 150))
    expected, surges = seconds_ahead(counts_of(counts))
    assert expected <= 0.1 * 14_400 + 60 * math.sqrt(surges)


@pytest.mark.parametrize("rate", [0.2, 4.0, 200.0])
def test_a_steady_load_is_never_expected(rate):
    expected, _ = seconds_ahead(poisson_counts(lambda _: rate, 4 * HOUR, 5))
    assert expected == 0


def test_a_curve_of_hours_is_never_expected():
    def curve(at):
        return 60 - 50 * math.cos(2 * math.pi * at / (4 * HOUR))

    expected, _ = seconds_ahead(poisson_counts(curve, 12 * HOUR, 5, start=HOUR))
    assert expected == 0


def test_a_timer_that_stops_is_expected_once_more():
    counts = ([0] * 36 + [100] * 12) * 10 + [0] * 720
    stopped_at = 10 * 240.0
    after = sum(
        5.0
        for table, now in watched(counts_of(counts))
        if now > stopped_at and table.expected(now, 30.0)
    )
    assert 0 < after <= 30 + 10 + 20 + 5


@pytest.mark.parametrize(
    ("present", "before", "share"),
    [(5.0, 5.0, 1.0), (9.0, 5.0, 1.0), (1.0, 5.0, 0.35), (0.0, 5.0, 1 / 6), (0.0, 0.05, 0.95)],
    ids=["the same", "more", "a fifth", "nothing", "nothing, as always"],
)
def test_a_forecast_is_checked_against_the_load_of_the_last_minutes(present, before, share):
    past = surges_at(0.0, 1800.0, 3600.0, rate=10.0, before=before)
    table = TideTable(surges=Surges(past=past, rate=present))
    (coming, *_) = [each for each in recurrences(past, 3700.0, 0.0) if each.period == 1800.0]
    assert table.checked_rate(coming) == pytest.approx(10.0 * share, rel=0.2)
    assert table.checked_rate(coming) <= 10.0


def test_the_memory_of_an_object_is_bounded():
    for table, _ in watched(counts_of(([0] * 9 + [200] * 3) * 300)):
        assert len(table.surges.rise.counts) + len(table.surges.fall.counts) <= 60
        assert len(table.surges.past) <= 32
