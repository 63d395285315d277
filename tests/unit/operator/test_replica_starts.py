"""The start-up time, of which neither an outage nor one long start makes another."""

import pytest

from mare.domain.estimates import Estimates
from mare.domain.learning import learn, recall
from mare.domain.observation import Workload, load_of
from mare.domain.replica_starts import ReplicaStarts
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


@pytest.mark.parametrize(
    ("before", "took", "after"),
    [(3, 540, 6.6), (3, 8, 4.5), (30, 100, 51), (30, 540, 57), (None, 40, 40), (None, 540, 60)],
)
def test_one_start_counts_as_four_times_the_mean_at_most(before, took, after):
    """After an image that was pulled for 9 minutes, 2 s of waitSeconds became 55 s for ever."""
    starts = ReplicaStarts(start_seconds=before)
    for replicas, consumers, now in ((2, 2, 0.0), (3, 2, 10.0), (3, 3, 10.0 + took)):
        starts = starts.observe(Workload(replicas=replicas), consumers, now)
    assert starts.start_seconds == pytest.approx(after)


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
