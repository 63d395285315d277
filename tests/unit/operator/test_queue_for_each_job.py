"""Queues that come and go: the counters of none of them are in two statistics in a row."""

from dataclasses import replace

import pytest

from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.learning import learn, recall
from mare.domain.observation import NEW_QUEUES, Workload, load_of
from mare.domain.reason import Reason
from mare.domain.spec import ExpectedQueueConsumptionTime, QueueWaitTime, ScalingSpec
from mare.domain.unknown import Unknown
from tests.unit.operator.building import Timeline, reading

KNOWN = QueueWaitTime(wait_seconds=2, capacity_per_replica=0.1, workers_per_replica=1)
SPEC = ScalingSpec(min_replicas=1, max_replicas=50, targets=(KNOWN,))


def new_queue(now, *, ready=0, unacknowledged=0, consumers=2):
    """Return the queue of a job: 50 messages were published to it in the last 5 s."""
    counters = dict.fromkeys(("published", "delivered", "acknowledged"), 50)
    name = f"job-{now:.0f}"
    return reading(ready, unacknowledged, at=now, name=name, consumers=consumers, **counters)


def with_new_queues(learning, seconds):
    for now in seconds:
        load = load_of((new_queue(float(now)),))
        learning = learn(learning, load, Workload(replicas=2), float(now))
    return learning.estimates


def test_the_arrival_rate_of_new_queues_is_unknown():
    estimates = with_new_queues(recall(Estimates()), range(0, 150, 5))
    assert estimates.arrival_rate.reason == NEW_QUEUES
    assert estimates.delivery_ratio.reason == NEW_QUEUES


def steady(learning, indices, new=(), consumers=1):
    """Observe a queue of 10 messages/s, and new ones beside it at some indices."""
    for index in indices:
        now = 5.0 * index
        queue = reading(at=now, published=50 * index, consumers=consumers)
        load = load_of((queue, *[new_queue(now)] * (index in new)))
        learning = learn(learning, load, Workload(replicas=2), now)
        yield learning


def test_a_rate_that_was_measured_before_holds_for_the_time_of_the_highest_rate():
    """It held for two minutes, in which 51 replicas stayed without a message."""
    *_, learning = steady(recall(Estimates()), range(20))
    assert with_new_queues(learning, range(100, 110, 5)).arrival_rate == pytest.approx(10)
    estimates = with_new_queues(learning, range(100, 115, 5))
    assert isinstance(estimates.arrival_rate, Unknown)
    assert isinstance(estimates.highest_rate, Unknown)


def test_a_queue_that_is_created_beside_a_steady_one_leaves_the_rate_known():
    *_, learning = steady(recall(Estimates()), range(20))
    for each in steady(learning, range(20, 60), new={30, 31, 40}):
        assert each.estimates.arrival_rate == pytest.approx(10)


def test_new_queues_beside_a_steady_one_make_the_rate_unknown():
    *_, learning = steady(recall(Estimates()), range(30), new=range(10, 30))
    assert isinstance(learning.estimates.arrival_rate, Unknown)
    *_, learning = steady(learning, range(30, 34))
    assert learning.estimates.arrival_rate == pytest.approx(10)


def test_new_queues_with_few_of_the_consumers_leave_the_rate_known():
    *_, learning = steady(recall(Estimates()), range(60), new=range(10, 60), consumers=20)
    assert learning.estimates.arrival_rate == pytest.approx(10)


def scaled(ready, unacknowledged, *, replicas, seconds=60, kept=0):
    """Return the last decision with such a queue in each of the statistics.

    `kept`: every so many seconds a queue is in two statistics.
    """
    time = Timeline(SPEC, replicas)
    time.history = History.begin(0.0, replicas, Estimates(start_seconds=3.0))
    for second in range(seconds):
        time.now, update = float(second), second // 5 * 5.0
        queue = new_queue(update, ready=ready, unacknowledged=unacknowledged)
        if kept and update % kept in {5, 10}:
            queue = replace(queue, name="kept")
        decision = time.read(replace(queue, read_at=time.now))
    return decision


def test_such_a_workload_has_replicas_for_its_ready_messages():
    decision = scaled(9, 0, replicas=1)
    assert decision.replicas == 9
    assert "the arrival rate is unknown" in decision.message


def test_replicas_that_work_on_such_messages_stay():
    """The arrival rate counted as 0 here, and 1 of 20 busy replicas stayed."""
    decision = scaled(0, 20, replicas=26)
    assert decision.replicas >= 20
    assert "so that this rate is what the workers have begun" in decision.message


def prefetched(target, *, ready=0, ready_replicas=None):
    """Return the counts of 5 replicas, one worker each, that have prefetched 40 messages."""
    time = Timeline(replace(SPEC, targets=(target,)), 5)
    time.history = History.begin(0.0, 5, Estimates(start_seconds=3.0))
    for quarter in range(80):
        time.now = quarter / 4
        queue = new_queue(time.now // 5 * 5.0, ready=ready, unacknowledged=40, consumers=5)
        queue = replace(queue, read_at=time.now, prefetch=8.0)
        time.read(queue, **({} if ready_replicas is None else {"ready": ready_replicas}))
    return [decision.replicas for decision in time.decisions]


BY_TIME = ExpectedQueueConsumptionTime(consumption_seconds=10, capacity_per_replica=0.1)


@pytest.mark.parametrize("target", [KNOWN, BY_TIME])
def test_messages_that_workers_have_add_no_replica(target):
    """They added replicas up to maxReplicas within 6.5 s: each that starts counted as busy."""
    assert set(prefetched(target)) == {5}


@pytest.mark.parametrize("target", [KNOWN, BY_TIME])
def test_ready_messages_add_replicas_to_those_at_work(target):
    assert prefetched(target, ready=2, ready_replicas=5)[-1] == 7


def test_a_queue_that_is_in_two_statistics_once_a_minute_shows_no_rate():
    """Its count of 0 was the rate, and 1 of 20 busy replicas stayed."""
    assert scaled(0, 20, replicas=26, seconds=200, kept=60).replicas >= 20


def test_without_work_such_a_workload_shrinks():
    decision = scaled(0, 0, replicas=26)
    assert decision.replicas == 1
    assert decision.reason is not Reason.PARTLY_UNKNOWN
    assert "arrival rate of 0" not in decision.message
