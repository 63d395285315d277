"""When a callback is sent again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.callbacks import DeliveryProgress
from mare_services.webhooks.domain.schedule import LIFETIME, Schedule

DELAYS = (5, 30, 120, 600, 3_600, 10_800, 28_800, 43_200)
SCHEDULE = Schedule(DELAYS)
NOW = 1_000_000.0
FRESH = DeliveryProgress(since=NOW)


def waits(draw, progress=FRESH, now=NOW):
    """Return the seconds between attempts, if each begins when it is due and fails at once."""
    found = []
    while (progress := SCHEDULE.retry(progress, now, draw)) is not None:
        found.append(progress.not_before - now)
        now = progress.not_before
    return found


def test_the_delays_are_those_of_the_schedule_and_fill_a_day():
    assert waits(0.5) == list(DELAYS)
    assert 24 <= sum(DELAYS) / 3600 < 25


@pytest.mark.parametrize(("draw", "factor"), [(0.0, 0.8), (1.0, 1.2)])
def test_each_delay_varies_by_a_fifth(draw, factor):
    assert waits(draw) == pytest.approx([delay * factor for delay in DELAYS])


def test_attempts_are_counted_and_a_replay_counts_on():
    progress = SCHEDULE.retry(replace(FRESH, attempts=9), NOW, 0.5)

    assert (progress.attempts, progress.step) == (10, 1)


def test_a_receiver_can_request_more_time_but_not_for_ever():
    def wait(seconds):
        return SCHEDULE.retry(FRESH, NOW, 0.5, at_least=seconds).not_before - NOW

    assert wait(60) == 60
    assert wait(1) == 5
    assert wait(10**9) == max(DELAYS)


@given(st.floats(0, 1.2 * max(DELAYS)))
def test_a_wait_is_made_of_parkings_and_ends_less_than_a_second_late(seconds):
    left, hops = seconds, 0
    while (parking := SCHEDULE.parking(left)) is not None:
        assert parking in (1.0, *DELAYS)
        left -= parking
        hops += 1

    assert -1 <= left <= 0
    assert hops < 30


def test_what_is_due_is_not_parked():
    assert SCHEDULE.parking(-5) is None
    assert SCHEDULE.parking(0) is None
    assert SCHEDULE.parking(0.1) == 1


def test_a_clock_that_was_a_year_ahead_holds_no_callback_back():
    year = 31_536_000
    failed = SCHEDULE.retry(replace(FRESH, since=NOW + year), NOW + year, 0.5)
    overdue = NOW + LIFETIME * sum(DELAYS) + 1

    assert SCHEDULE.parking(failed.not_before - NOW) is None
    assert SCHEDULE.begin(failed, NOW).since == NOW
    assert SCHEDULE.postpone(SCHEDULE.begin(failed, NOW), overdue, 0.5) is None


@pytest.mark.parametrize("delays", [DELAYS, (5,)])
def test_the_longest_wait_is_parked(delays):
    schedule = Schedule(delays)
    last = replace(FRESH, step=len(delays) - 1)
    progresses = [schedule.retry(last, NOW, 1.0), schedule.postpone(
        replace(FRESH, deferred=16), NOW, 1.0)]  # fmt: skip

    assert all(schedule.parking(each.not_before - NOW) for each in progresses)


def test_a_postponed_callback_waits_ever_longer_and_counts_no_attempt():
    progress, found = FRESH, []
    for _ in range(8):
        progress = SCHEDULE.postpone(progress, NOW, 0.0)
        found.append(progress.not_before - NOW)

    assert found == [1, 2, 4, 5, 15, 30, 60, 60]
    assert (progress.attempts, progress.step) == (0, 0)
    assert SCHEDULE.retry(progress, NOW, 0.0).deferred == 0


def test_callbacks_that_are_postponed_together_come_back_apart():
    late = replace(FRESH, deferred=16)
    waits = [SCHEDULE.postpone(late, NOW, draw).not_before - NOW for draw in (0.0, 0.5, 1.0)]

    assert waits == [60, 90, 120]


@given(st.integers(0, 16), st.floats(0, 1))
def test_a_postponed_callback_passes_through_few_queues(deferred, draw):
    postponed = SCHEDULE.postpone(replace(FRESH, deferred=deferred), NOW, draw)
    left = postponed.not_before - NOW
    parkings = []
    while (parking := SCHEDULE.parking(left)) is not None:
        parkings.append(parking)
        left -= parking

    assert len(set(parkings)) == 1
    assert len(parkings) <= 5


def test_a_callback_is_not_postponed_for_ever():
    late = NOW + LIFETIME * sum(DELAYS)

    assert SCHEDULE.postpone(FRESH, late - 1, 0.0) is not None
    assert SCHEDULE.postpone(FRESH, late + 1, 0.0) is None
    assert SCHEDULE.retry(FRESH, late + 1, 0.0) is None


def test_the_schedule_begins_with_the_first_message():
    begun = SCHEDULE.begin(DeliveryProgress(), NOW)

    assert begun.since == NOW
    assert SCHEDULE.begin(begun, NOW + 5) == begun
