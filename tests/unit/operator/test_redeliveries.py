"""Messages that come back again and again are reported, and are no arrivals."""

import pytest

from mare.domain.estimates import NO_ESTIMATE
from mare.domain.observation import load_of
from mare.domain.redeliveries import Redeliveries
from mare.domain.unknown import Unknown
from tests.unit.operator.building import reading


def watched(samples, *, unacknowledged=3, found=None, service_seconds=1.0):
    """Return what the samples of published and redelivered messages show; none is acknowledged."""
    found = found or Redeliveries()
    for index, (published, redelivered) in enumerate(samples):
        counters = {"published": published, "delivered": published + redelivered}
        at = {"at": 5.0 * index, "redelivered": redelivered}
        load = load_of((reading(0, unacknowledged, **at, **counters),))
        found = found.observe(load, service_seconds)
    return found


def beside_others(service_seconds, unacknowledged=(5,), updates=40):
    """Two messages/s of 1 s; after a minute three more come back, and workers seem slower."""
    found = Redeliveries()
    for index in range(updates):
        done, bad = 10 * index, max(0, index - 12)
        counters = {"published": done, "delivered": done + 200 * bad, "redelivered": 200 * bad}
        count = unacknowledged[index % len(unacknowledged)] if bad else 2
        load = load_of((reading(0, count, at=5.0 * index, acknowledged=done, **counters),))
        found = found.observe(load, 2.5 if bad and service_seconds == 1.0 else service_seconds)
    return found


def test_messages_that_workers_have_for_others_do_not_come_back():
    assert beside_others(1.0).messages == 3


def test_one_update_with_more_or_fewer_messages_changes_no_mean():
    assert beside_others(1.0, (3, 6, 5, 6)).messages == 3


def test_messages_that_join_the_others_are_among_them_after_some_minutes():
    later = (5,) * 200 + (8,) * 40
    assert beside_others(1.0, later, updates=240).messages == 6


def test_without_a_service_time_the_unacknowledged_messages_are_reported():
    assert beside_others(NO_ESTIMATE).messages == 5


def test_messages_that_come_back_for_a_minute_are_endless():
    found = watched([(10 * index, 200 * index) for index in range(14)])
    assert found.are_endless
    assert (found.rate, found.messages) == (40, 3)
    assert not watched([(10 * index, 200 * index) for index in range(12)]).are_endless


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param([(10 * index, 0) for index in range(40)], id="none"),
        pytest.param([(100 * index, 5 * index) for index in range(40)], id="a few fail"),
        pytest.param([(100 * index, 100 * index) for index in range(40)], id="each fails once"),
        pytest.param([(0, 4 * index) for index in range(40)], id="rarely"),
        pytest.param([(0, 500 * (index % 5 == 0)) for index in range(40)], id="not all the time"),
    ],
)
def test_usual_retries_are_not_reported(samples):
    assert not watched(samples).are_endless


def test_a_moment_without_statistics_ends_nothing():
    unknown = Unknown("Unreachable", "the broker does not answer")
    found = watched([(10 * index, 200 * index) for index in range(10)])
    assert found.observe(load_of((reading(at=48.0, redelivered=unknown),)), 1.0) == found


def test_counters_that_were_reset_begin_anew():
    found = watched([(10 * index, 200 * index) for index in range(14)])
    again = load_of((reading(at=70.0, published=0, delivered=5, redelivered=5),))
    assert not found.observe(again, 1.0).are_endless
