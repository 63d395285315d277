"""Two clocks: what the counts between two answers are worth, however often it is asked."""

from itertools import pairwise
from random import Random

import pytest

from mare.broker.queue_statistics import QueueStatistics
from mare.broker.sample_clock import SampleClock
from mare.domain.arrivals import Arrivals, Count

RATE = 40.0
PERIOD = 5.0
DAY = 24 * 3600.0
HOUR = 3600.0


def renewals(period: float, random: Random, length: float = DAY) -> list[float]:
    """The moments at which a broker renews its counters; each strays, as RabbitMQ's do."""
    return [n * period + random.gauss(0, 0.02) for n in range(int(length / period) + 2)]


def told(
    moments: list[float], asking: float, late: float, random: Random, rate: float = RATE
) -> list[tuple[float, float, int]]:
    """Question, moment and counter of every answer that is news, under a steady rate."""
    phase, found = SampleClock(asking), []
    now, latest = 12.3, 0
    while now < moments[-2]:
        while moments[latest + 1] <= now:
            latest += 1
        count = round(rate * moments[latest])
        at = phase.moment(now, {"work": QueueStatistics(published=count)})
        if at is not None:
            found.append((now, at, count))
        now += phase.pause + abs(random.gauss(0, late))
    return found


def rates(answers: list[tuple[float, float, int]]) -> list[float]:
    return [(y[2] - x[2]) / (y[1] - x[1]) for x, y in pairwise(answers)]


@pytest.mark.parametrize("period", [4.999, 5.0, 5.002, 5.005])
@pytest.mark.parametrize("late", [0.001, 0.005])
def test_a_steady_rate_stays_steady_while_the_clocks_pass_each_other(period: float, late: float):
    random = Random(7)
    found = rates(told(renewals(period, random), PERIOD, late, random))

    assert len(found) > 0.95 * DAY / PERIOD
    assert min(found) > 0.9 * RATE
    assert max(found) < 1.1 * RATE


@pytest.mark.parametrize("rate", [40.0, 400.0])
@pytest.mark.parametrize(
    ("asking", "renewing"),
    [(1.0, 5.002), (2.0, 5.002), (5.0, 5.002), (0.5, 1.002), (1.0, 1.002), (15.0, 15.002)],
)
def test_the_estimate_is_right_however_often_it_is_asked(
    asking: float, renewing: float, rate: float
):
    random = Random(7)
    answers = told(renewals(renewing, random, HOUR), asking, 0.005, random, rate)
    arrivals, estimates, lost = Arrivals(), [], 0
    for before, (now, at, count) in pairwise(answers):
        remembered = len(arrivals.counts)
        arrivals = arrivals.seen(Count(at, at - before[1], count - before[2]), now, 5.0)
        lost += len(arrivals.counts) < min(remembered, 10)
        estimates.append(arrivals.rate)

    settled = estimates[20:]
    assert len(estimates) > 0.95 * HOUR / renewing
    assert min(settled) > 0.96 * rate
    assert max(settled) < 1.04 * rate
    assert lost <= 1  # the very first count


@pytest.mark.parametrize("rate", [2.0, 40.0])
@pytest.mark.parametrize("renewing", [6.002, 8.002, 10.002])
@pytest.mark.parametrize("asking", [1.0, 2.0, 5.0])
def test_a_broker_that_renews_less_often_than_usual_is_followed(
    asking: float, renewing: float, rate: float
):
    random = Random(7)
    answers = told(renewals(renewing, random, HOUR), asking, 0.005, random, rate)
    learnt = [each for each in answers if each[0] > 25 * renewing]

    assert len(learnt) > 0.9 * (HOUR - 25 * renewing) / renewing
    assert min(rates(learnt)) > 0.88 * rate
    assert max(rates(learnt)) < 1.12 * rate
    assert max(later[0] - each[1] for each, later in pairwise(learnt)) < renewing + 1.5 * asking


@pytest.mark.parametrize("pause", [15.0, 60.0])
@pytest.mark.parametrize("batch", [1, 1000])
def test_work_that_comes_in_batches_is_not_taken_for_a_slow_broker(pause: float, batch: int):
    random, phase, heard, now = Random(7), SampleClock(PERIOD), [], 0.0
    moments = renewals(PERIOD, random, HOUR)
    while now < HOUR:
        renewed = max(moment for moment in moments if moment <= max(now, moments[0]))
        at = phase.moment(now, {"work": QueueStatistics(published=batch * int(renewed / pause))})
        heard += [] if at is None else [(now, at)]
        now += phase.pause

    assert max(later[0] - each[1] for each, later in pairwise(heard)) < 2 * PERIOD


@pytest.mark.parametrize("asking", [1.0, 2.0, 5.0])
def test_a_queue_that_falls_quiet_is_told_of_once_it_is_sure(asking: float):
    phase, now, count, heard = SampleClock(asking), 100.0, 0, []
    while now < 160:
        if now < 120:
            count = int(now / 5) * 200
        at = phase.moment(now, {"work": QueueStatistics(published=count)})
        if at is not None:
            heard.append((now, at, count))
        now += phase.pause

    quiet = [now for now, _, counted in heard if counted == count]
    assert 1.1 * PERIOD <= quiet[1] - quiet[0] < 2 * PERIOD
    assert all(x < y for x, y in pairwise(quiet))
    assert quiet[-1] > 160 - PERIOD


@pytest.mark.parametrize("asking", [1.0, 2.0, 5.0])
def test_the_first_messages_after_a_silence_are_not_more_than_they_are(asking: float):
    for offset in range(50):
        phase, now, heard = SampleClock(asking), 100.0 + offset / 10, []
        while now < 150:
            count = int(max(0, now - 125) / 5) * 200
            at = phase.moment(now, {"work": QueueStatistics(published=count)})
            if at is not None:
                heard.append((now, at, count))
            now += phase.pause

        assert 0.7 * RATE < max(rates(heard)) < 1.3 * RATE


@pytest.mark.parametrize("queues", [{}, {"work": QueueStatistics()}])
def test_without_counters_every_answer_counts(queues):
    phase = SampleClock(PERIOD)

    assert [phase.moment(PERIOD * n, queues) for n in range(5)] == [0, 5, 10, 15, 20]


def test_a_queue_that_comes_or_goes_is_no_renewal():
    phase = SampleClock(PERIOD)
    work, reply = QueueStatistics(published=9), QueueStatistics(published=1)
    phase.moment(0.0, {"work": QueueStatistics(published=1)})
    phase.moment(5.0, {"work": work})

    assert phase.moment(6.0, {"work": work, "reply": reply}) is None
    assert phase.moment(7.0, {"work": work}) is None


def test_an_answer_after_a_long_silence_is_no_older_than_a_period():
    phase = SampleClock(PERIOD)
    for now, count in ((0.0, 0), (5.0, 1), (10.0, 1), (12.5, 2)):
        phase.moment(now, {"work": QueueStatistics(published=count)})

    assert 495.0 <= phase.moment(500.0, {"work": QueueStatistics(published=9)}) <= 500.0
