"""How long messages stay unacknowledged, while loads rise and fall."""

from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mare.domain.interval import open_interval
from mare.domain.observation import load_of
from mare.domain.stays import Stays
from mare.domain.unknown import Unknown
from tests.unit.operator.building import reading

UPDATE_SECONDS = 5


def update(at, begun, service_seconds):
    """Return the statistics at a time, of tasks that begin at once and take the same time."""
    delivered = bisect_right(begun, at)
    acknowledged = bisect_right(begun, at - service_seconds)
    return load_of(
        (
            reading(
                0,
                delivered - acknowledged,
                at=float(at),
                published=delivered,
                delivered=delivered,
                acknowledged=acknowledged,
            ),
        )
    )


def observed(loads, stays=None):
    """Return the stays after each interval between two updates."""
    stays, found = stays or Stays(), []
    for before, after in pairwise(loads):
        interval = open_interval(before, 1.0, None, 4.0)
        stays = stays.observe(interval, after, interval.increases(after))
        found.append(stays)
    return found


def watched(begun, service_seconds, seconds=400):
    times = range(0, seconds + 1, UPDATE_SECONDS)
    return observed([update(at, begun, service_seconds) for at in times])


@pytest.mark.parametrize(
    "begun",
    [
        [2.0 * number for number in range(200)],
        [20 * number**0.5 for number in range(400)],
        [400 - 20 * number**0.5 for number in range(400, 0, -1)],
        [0.5 * number for number in range(200)],
        [100.0 * (number // 50) for number in range(200)],
    ],
    ids=["steady", "rising", "falling", "ending", "bursts"],
)
def test_the_mean_stay_is_the_service_time_whatever_the_load_does(begun):
    means = {stays.mean for stays in watched(begun, 20) if stays.mean is not None}

    assert min(means) >= 20 - UPDATE_SECONDS
    assert max(means) <= 20 + UPDATE_SECONDS


@given(st.lists(st.floats(0, 300), min_size=50, max_size=200).map(sorted), st.integers(10, 80))
@example([1.0] * 60, 20)
def test_the_mean_is_exact_to_an_update_for_any_load(begun, seconds):
    for stays in watched(begun, seconds):
        assert stays.mean is None or stays.mean == pytest.approx(seconds, abs=UPDATE_SECONDS)
        assert len(stays.deliveries) <= 64


def test_the_curve_of_hours_without_an_acknowledgement_is_bounded():
    found = watched([2.0 * number for number in range(7200)], 10_000, seconds=14_400)

    assert max(len(stays.deliveries) for stays in found) <= 64
    assert found[-1].mean == pytest.approx(10_000, rel=0.05)


def test_long_tasks_that_began_together_stay_as_long_as_they_take():
    found = watched([0.3 * number for number in range(200)], 3600, seconds=4000)

    means = [stays.mean for stays in found if stays.mean is not None]
    assert means == pytest.approx([3600] * len(means), rel=0.02)
    assert means


@pytest.mark.parametrize("returned_at", [5, 100])
def test_messages_that_go_back_to_the_queue_are_not_finished(returned_at):
    """A consumer of 60 tasks of 60 s is killed; the broker delivers them again 5 s later."""
    loads = []
    for at in range(0, 400, UPDATE_SECONDS):
        again = returned_at + UPDATE_SECONDS
        acknowledged = 60 if at >= again + 60 else 0
        unacknowledged = 0 if at in {0, returned_at} else 60 - acknowledged
        loads.append(
            load_of(
                (
                    reading(
                        0,
                        unacknowledged,
                        at=float(at),
                        delivered=(60 if at else 0) + (60 if at >= again else 0),
                        redelivered=60 if at >= again else 0,
                        acknowledged=acknowledged,
                    ),
                )
            )
        )

    assert {stays.mean for stays in observed(loads)} == {None}


def test_one_update_with_many_messages_shows_no_mean():
    """The messages of a burst that ends between two updates stay for 0 s by the counters."""
    burst = load_of((reading(0, 30, at=5.0, delivered=60, acknowledged=30),))
    start, end = (
        load_of((reading(at=at, delivered=n, acknowledged=n),)) for at, n in ((0.0, 0), (10.0, 60))
    )

    assert [stays.mean for stays in observed([start, burst, end])] == [None, None]


def test_messages_that_no_update_sees_do_not_shorten_the_stays_of_later_ones():
    """For an hour, 100 messages/s are acknowledged at once; then 2 messages/s take 10 s each."""
    quick = 100 * 3600
    begun = [0.5 * number for number in range(200)]
    loads = []
    for at in range(0, 3700, UPDATE_SECONDS):
        if at <= 3600:
            delivered = acknowledged = 100 * at
        else:
            delivered = quick + bisect_right(begun, at - 3600)
            acknowledged = quick + bisect_right(begun, at - 3610)
        unacknowledged = delivered - acknowledged
        counts = {"delivered": delivered, "acknowledged": acknowledged}
        loads.append(load_of((reading(0, unacknowledged, at=float(at), **counts),)))

    means = [stays.mean for stays in observed(loads) if stays.mean is not None]
    assert min(means) == pytest.approx(10, abs=UPDATE_SECONDS)


def test_few_unacknowledged_messages_show_no_mean():
    loads = [
        load_of((reading(at=5.0 * index, delivered=50 * index, acknowledged=50 * index),))
        for index in range(50)
    ]
    assert observed(loads)[-1].mean is None


@pytest.mark.parametrize("gap", ["unknown", "missed"])
def test_after_a_gap_the_curve_begins_anew_and_the_mean_remains(gap):
    begun, why = [0.5 * number for number in range(800)], Unknown("Reset", "a counter was reset")
    before = watched(begun, 20, 200)[-1]
    late = [update(at, begun, 20) for at in (300, 305, 310)]
    unknown = load_of((reading(0, 40, at=205.0, delivered=why, acknowledged=why),))
    if gap == "unknown":
        (before,) = observed([update(200, begun, 20), unknown], before)
    after = observed(late, before)

    assert after[-1].mean == before.mean
    assert after[-1].deliveries[0] == (300.0, 40)
