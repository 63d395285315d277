"""Messages that come back again and again are reported, and are no arrivals."""

import pytest

from mare.domain.observation import load_of
from mare.domain.redeliveries import Redeliveries
from mare.domain.unknown import Unknown
from tests.unit.operator.building import reading


def watched(samples, *, unacknowledged=3):
    found = Redeliveries()
    for index, (published, redelivered) in enumerate(samples):
        counters = {"published": published, "delivered": published + redelivered}
        at = {"at": 5.0 * index, "redelivered": redelivered}
        found = found.observe(load_of((reading(0, unacknowledged, **at, **counters),)))
    return found


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
        pytest.param([(0, 4 * index) for index in range(40)], id="rarely"),
        pytest.param([(0, 500 * (index % 5 == 0)) for index in range(40)], id="not all the time"),
    ],
)
def test_usual_retries_are_not_reported(samples):
    assert not watched(samples).are_endless


def test_a_moment_without_statistics_ends_nothing():
    unknown = Unknown("Unreachable", "the broker does not answer")
    found = watched([(10 * index, 200 * index) for index in range(10)])
    assert found.observe(load_of((reading(at=48.0, redelivered=unknown),))) == found


def test_counters_that_were_reset_begin_anew():
    found = watched([(10 * index, 200 * index) for index in range(14)])
    again = load_of((reading(at=70.0, published=0, delivered=5, redelivered=5),))
    assert not found.observe(again).are_endless
