"""What an outage of the broker shows of the start-up time: nothing."""

import pytest

from mare.domain.estimates import Estimates
from mare.domain.learning import learn, recall
from mare.domain.observation import Workload, load_of
from tests.unit.operator.building import UNREACHABLE, reading


def started(consumers_at, *, outage=range(0)):
    """Scale from 2 to 3 replicas at 10 s, and return the start-up time learnt by 200 s."""
    learning = recall(Estimates(start_seconds=3.0))
    for second in range(200):
        consumers = 3 if second >= consumers_at else 2
        queues = (reading(at=float(second), consumers=consumers),)
        load = load_of(UNREACHABLE if second in outage else queues)
        workload = Workload(replicas=3 if second >= 10 else 2)
        learning = learn(learning, load, workload, float(second))
    return learning.estimates.start_seconds


@pytest.mark.parametrize("consumers_at", [50, 110, 113])
def test_an_outage_of_the_broker_during_a_start_is_no_start_up_time(consumers_at):
    assert started(consumers_at, outage=range(11, 110)) == 3.0


def test_a_start_after_an_outage_is_measured():
    assert started(20, outage=range(2, 9)) == pytest.approx(3 + 0.3 * (10 - 3))


def test_a_start_with_a_single_missed_reading_is_measured():
    """Three starts of 40 s with such a reading in each left the start-up time unknown."""
    learning, starts = recall(Estimates()), (30, 90, 150)
    for quarter in range(4 * 200):
        now = quarter / 4
        replicas = 1 + sum(now >= start for start in starts)
        consumers = 1 + sum(now >= start + 40 for start in starts)
        is_missed = now % 60 == 50
        load = load_of(UNREACHABLE if is_missed else (reading(at=now, consumers=consumers),))
        learning = learn(learning, load, Workload(replicas=replicas), now)
    assert learning.estimates.start_seconds == pytest.approx(40)
