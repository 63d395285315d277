"""Which messages count while replicas start."""

from dataclasses import replace

import pytest

from mare.domain.absent_queues import AbsentQueues
from mare.domain.observation import load_of
from mare.domain.starting_backlog import StartingBacklog
from mare.domain.unknown import Unknown
from tests.unit.operator.building import UNREACHABLE, reading
from tests.unit.operator.starting import observed, observed_load, stuck


def test_messages_count_for_one_and_a_half_start_up_times_and_an_update_of_the_statistics():
    assert stuck(until=10).uncounted == 0
    assert stuck(until=100).uncounted == 10 * (99 - 9)


def test_nothing_is_left_out_while_three_of_four_replicas_consume():
    assert stuck(consuming=9.0).uncounted == 0
    assert stuck(consuming=8.0).uncounted > 0


def test_all_messages_count_when_the_replicas_have_started():
    backlog = observed(stuck(), 6_000, 600.0, consuming=12.0)
    assert (backlog.uncounted, backlog.is_starting) == (0, False)


def test_messages_stay_uncounted_until_the_capacity_is_known():
    backlog = observed(stuck(), 6_000, 600.0, consuming=12.0, is_learning=True)
    assert (backlog.uncounted, backlog.is_starting) == (stuck().uncounted, False)
    assert observed(backlog, 50, 601.0, consuming=12.0, is_learning=True).uncounted == 50
    assert observed(backlog, 6_000, 601.0, consuming=12.0).uncounted == 0


def test_messages_that_are_consumed_are_taken_from_those_that_do_not_count():
    before = stuck()
    assert observed(before, 3_000, 600.0, consuming=4.0).uncounted < before.uncounted - 3_000
    assert observed(before, 10, 600.0, consuming=4.0).uncounted == 0


def test_messages_beyond_the_arrival_rate_count():
    before = stuck()
    after = observed(before, 6_090 + 500, 600.0)
    counted = (6_090 + 500 - after.uncounted) - (6_090 - before.uncounted)
    assert 480 <= counted <= 500


def test_without_an_arrival_rate_the_growth_so_far_is_the_rate():
    before = stuck(rate=None)
    assert before.uncounted == stuck().uncounted
    assert observed(before, 6_590, 600.0, rate=None).uncounted <= before.uncounted + 20


def test_a_few_messages_count_where_messages_are_rare():
    backlog = StartingBacklog()
    for second in range(60):
        backlog = observed(backlog, 20, float(second), rate=None)
    assert observed(backlog, 30, 60.0, rate=None).uncounted == 0
    assert observed(backlog, 30, 60.0, rate=10.0).uncounted == 10


def test_clients_that_poll_count_as_started():
    backlog = stuck(until=100)
    backlog = observed(backlog, 1_100, 100.0, delivered=5)
    assert (backlog.is_starting, backlog.uncounted) == (False, 0)
    assert not observed(backlog, 1_200, 101.0, delivered=5).is_starting
    assert observed(backlog, 1_300, 102.0, consuming=1.0).is_starting


def test_deliveries_of_before_the_replicas_ended_are_no_polling():
    backlog = observed(StartingBacklog(), 0, 0.0, replicas=4, consuming=4.0, delivered=1_000)
    backlog = observed(backlog, 5, 1.0, replicas=4, delivered=1_000)
    backlog = observed(backlog, 50, 5.0, replicas=4, delivered=1_030)  # sampled at 0 s
    assert backlog.is_starting
    for second in range(6, 900):
        backlog = observed(backlog, 10 * second, float(second), replicas=4, delivered=1_030)
    assert backlog.is_starting
    assert backlog.uncounted > 8_000


def test_deliveries_to_a_consumer_that_has_ended_are_no_polling():
    backlog = observed(stuck(until=100), 1_100, 100.0)
    backlog = observed(backlog, 1_100, 101.0, consuming=1.0)
    for second in range(102, 200):
        backlog = observed(backlog, 10 * second, float(second), delivered=30)
    assert backlog.is_starting


def test_times_of_replicas_that_start_are_stored_at_twice_the_age_of_before():
    ages = []
    backlog = StartingBacklog()
    for second in range(600):
        backlog = observed(backlog, 100 + 10 * second, float(second))
        ages.append(backlog.stored_periods)
    assert sorted(set(ages)) == [0, 4, 5, 6, 7, 8, 9, 10]
    assert ages == sorted(ages)
    assert backlog.uncounted < backlog.ready
    assert backlog.at_start(600.0) == backlog
    assert observed(backlog, 6_000, 600.0, consuming=12.0).stored_periods == 0


AWAY = {
    "missing": Unknown("QueueNotFound", "queue other does not exist", "other"),
    "unknown": UNREACHABLE,
}


@pytest.mark.parametrize("why", AWAY.values(), ids=AWAY)
def test_a_queue_that_is_away_for_a_moment_comes_back_without_a_burst(why):
    backlog, absent = StartingBacklog(), AbsentQueues()
    uncounted = []
    for second in range(312):
        other = reading(3_000, at=float(second), name="other", consumers=0)
        if 300 <= second < 310:
            other = replace(other, ready=why, consumers=why)
        if second >= 310:  # of the messages that came meanwhile, and of a burst after it
            other = replace(other, ready=3_500 if second == 310 else 5_000)
        load = load_of((reading(10 * second, at=float(second), consumers=0), other))
        present = load.without_missing_queues()
        assumed = absent.with_assumed_consumers(present)
        absent = absent.observe(load, is_whole=assumed is present)
        backlog = observed_load(backlog, assumed, float(second), absent=absent)
        uncounted.append(backlog.uncounted)
    assert uncounted[309] - uncounted[299] == 100
    assert uncounted[310] - uncounted[309] == 510
    assert uncounted[311] - uncounted[310] <= 20


@pytest.mark.parametrize(
    ("ready", "count", "left"),
    [([600], 580, 20), ([3] * 200, 580, 20), ([1, 2, 97], 50, 50), ([0, 5], 9, 0), ([4, 4], 0, 8)],
)
def test_as_many_messages_are_left_in_many_queues_as_in_one(ready, count, left):
    """70 replicas that did not start became 200, one for each of 200 queues."""
    load = load_of(tuple(reading(each, name=f"q{at}") for at, each in enumerate(ready)))
    after = load.without_messages(count)
    assert after.ready == left
    assert all(0 <= a.ready <= b for a, b in zip(after.readings, ready, strict=True))


def test_without_replicas_every_message_counts():
    assert observed(stuck(), 6_000, 600.0, replicas=0) == StartingBacklog()
