"""What arrived at an object's queues, as the operator keeps it for a simulation."""

from random import Random

from mare.domain.arrivals import Count
from mare.loop.load_record import SECONDS, Arrived, LoadRecord

DAY = 86_400


def recorded(*counts: Count) -> LoadRecord:
    record = LoadRecord()
    for index in range(len(counts)):
        record.observe(counts[: index + 1])
    return record


def test_counts_are_kept_with_their_times():
    record = recorded(Count(1_005.2, 5.0, 7), Count(1_010.1, 4.9, 0), Count(1_015.4, 5.3, 40))
    assert record.last() == [(1_000, 5, 7), (1_005, 5, 0), (1_010, 5, 40)]
    assert record.since == 1_000


def test_a_count_that_was_seen_before_is_not_counted_again():
    record, count = LoadRecord(), Count(1_005.0, 5.0, 7)
    record.observe((count,))
    record.observe((count,))
    assert record.last() == [(1_000, 5, 7)]


def test_nothing_is_recorded_before_the_first_count():
    record = LoadRecord()
    record.observe(())
    assert record.last() == []
    assert record.since is None


def test_a_time_without_counts_is_unknown_and_not_zero():
    record = recorded(Count(1_005.0, 5.0, 7), Count(1_100.0, 5.0, 9))
    assert record.last() == [(1_000, 5, 7), (1_005, 90, None), (1_095, 5, 9)]


def test_statistics_of_each_second_are_added_up():
    record = recorded(*(Count(1_000.0 + second, 1.0, second) for second in range(1, 10)))
    assert record.last() == [(1_000, 4, 10), (1_004, 4, 26), (1_008, 1, 9)]


def test_a_count_of_a_day_is_not_counted_twice():
    """An entry has 65,535 seconds at most."""
    record = recorded(Count(80_000.0, 70_000.0, 7))
    assert record.last() == [(10_000, 65_535, 7), (75_535, 4_465, 0)]


def test_a_clock_that_is_set_back_adds_nothing():
    record = recorded(Count(1_005.0, 5.0, 7), Count(1_003.0, 5.0, 100), Count(1_008.0, 5.0, 6))
    assert sum(each.messages or 0 for each in record.last()) == 13
    assert record.last()[-1].at + record.last()[-1].seconds == 1_008


def test_the_record_reaches_back_a_day_and_is_small():
    random, record, end = Random(1), LoadRecord(), 1_000.0
    added = {}
    for _ in range(3 * DAY // 5):
        end += 5 + random.uniform(-0.1, 0.1)
        count = Count(end, 5.0, random.randrange(400, 600))
        added[round(end)] = count.messages
        record.observe((count,))
    rows = record.last()
    assert SECONDS - 10 <= sum(each.seconds for each in rows) <= SECONDS
    assert [each.messages for each in rows] == [added[each.at + each.seconds] for each in rows]
    assert rows[0].at - 10 <= (record.since or 0) <= rows[0].at
    assert sum(len(block) for _, block in record._blocks) + len(record._open) < 40_000


def test_only_the_last_seconds_are_given():
    record = recorded(*(Count(1_000.0 + 5 * index, 5.0, index) for index in range(1, 100)))
    assert record.last(60) == [Arrived(1_430 + 5 * n, 5, 87 + n) for n in range(1, 13)]


def test_a_gap_of_days_begins_the_record_anew():
    record = recorded(Count(1_005.0, 5.0, 7), Count(1_005.0 + 9 * DAY, 5.0, 8))
    assert record.last() == [(1_000 + 9 * DAY, 5, 8)]
