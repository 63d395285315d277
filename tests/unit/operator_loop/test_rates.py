"""Publish and acknowledge rates, from the counters of two statistics."""

from dataclasses import replace

import pytest

from mare.domain.observation import NOT_REPORTED
from mare.domain.unknown import Unknown
from mare.loop.rates import QueueRates
from tests.unit.operator.building import reading

AWAY = Unknown("BrokerUnreachable", "the broker does not answer")


def counted(at: float, published=0, acknowledged=0, name="work", **fields):
    return reading(at=at, name=name, published=published, acknowledged=acknowledged, **fields)


FIRST = counted(10, 100, 40)


@pytest.mark.parametrize(
    ("second", "rates"),
    [
        pytest.param(counted(12, 110, 44), (5, 2), id="counters rose"),
        pytest.param(counted(10.5, 101, 40), (2, 0), id="half a second passed"),
        pytest.param(counted(12, 100, 40), (0, 0), id="nothing happened"),
        pytest.param(counted(12, 99, 44), None, id="a counter was reset"),
        pytest.param(counted(12, NOT_REPORTED, 44), None, id="a counter is unknown"),
        pytest.param(counted(12, 110, 44, statistics_at=AWAY), None, id="statistics are old"),
        pytest.param(counted(9, 110, 44), None, id="the clock was set back"),
        pytest.param(replace(FIRST, published=105), None, id="the statistics are the same"),
    ],
)
def test_rates_are_those_between_two_statistics(second, rates):
    queues = QueueRates()
    queues.observe((FIRST,))
    assert queues.total((FIRST,)) is None
    queues.observe((second,))
    assert queues.total((second,)) == rates


def test_the_rates_of_an_object_are_the_sums_of_its_queues_and_unknown_with_one_of_them():
    queues = QueueRates()
    queues.observe((counted(10), counted(10, name="events")))
    queues.observe((counted(15, 50, 10), counted(15, 5, 20, name="events")))
    both = counted(15), counted(15, name="events")
    assert queues.total(both) == (11, 6)
    assert queues.total((*both, counted(15, name="new"))) is None
    assert queues.total((both[0], replace(both[1], statistics_at=AWAY))) is None
    assert queues.total(()) is None
    assert queues.total(AWAY) is None


def test_a_queue_that_was_gone_begins_anew_and_an_unreachable_broker_forgets_none():
    queues, work = QueueRates(), {("/", "work"): (2, 0)}
    queues.observe((counted(10), counted(10, name="events")))
    queues.observe((counted(15, 10), counted(15, name="events")))
    queues.observe((counted(20, 20),))
    assert queues.by_queue == work
    queues.observe(AWAY)
    queues.observe((counted(25, 30), counted(25, 9, name="events")))
    assert queues.by_queue == work
