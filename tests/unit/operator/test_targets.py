"""What each target asks for."""

import pytest

from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.observation import NOT_REPORTED
from mare.domain.reason import Reason
from mare.domain.spec import (
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingSpec,
)
from tests.unit.operator.building import Timeline, amqp_only, observation_of, once, reading


def decision_of(target, *readings, replicas=1, targets=()):
    spec = ScalingSpec(min_replicas=1, max_replicas=500, targets=(target, *targets))
    return once(spec, observation_of(replicas, *readings), since=0.0)


@pytest.mark.parametrize(
    ("ready", "unacknowledged", "replicas"), [(0, 0, 1), (20, 0, 1), (20, 3, 2), (0, 200, 10)]
)
def test_queue_length_counts_ready_and_unacknowledged_messages(ready, unacknowledged, replicas):
    target = QueueLength(messages_per_replica=20)
    assert decision_of(target, reading(ready, unacknowledged, at=1000.0)).replicas == replicas


def test_queue_length_can_exclude_unacknowledged_messages():
    target = QueueLength(messages_per_replica=20, exclude_unacknowledged=True)
    assert decision_of(target, reading(40, 500, at=1000.0)).replicas == 2
    assert decision_of(target, amqp_only(40, at=1000.0), replicas=9).replicas == 2


@pytest.mark.parametrize(
    ("messages", "current", "replicas"),
    [(218, 10, 10), (221, 10, 12), (180, 10, 10), (179, 10, 9), (210, 10, 10)],
)
def test_the_tolerance_of_a_tenth_leaves_the_count_alone(messages, current, replicas):
    target = QueueLength(messages_per_replica=20)
    decision = decision_of(target, reading(messages, at=1000.0), replicas=current)
    assert decision.replicas == replicas
    if replicas == current:
        assert decision.reason is Reason.WITHIN_TARGET


def test_queues_are_added_up_because_a_replica_serves_all():
    target = QueueLength(messages_per_replica=20)
    both = [reading(30, at=1000.0, name=name) for name in ("a", "b")]
    assert decision_of(target, *both).replicas == 3


def test_a_target_can_select_some_of_the_queues():
    target = QueueLength(messages_per_replica=20, queues=("a",))
    both = [reading(30, at=1000.0, name="a"), reading(900, at=1000.0, name="b")]
    assert decision_of(target, *both).replicas == 2
    absent = QueueLength(messages_per_replica=20, queues=("c",))
    assert decision_of(absent, *both).reason is Reason.QUEUES_UNKNOWN


def test_of_several_targets_the_largest_wins():
    slow = QueueLength(messages_per_replica=100)
    fast = QueueLength(messages_per_replica=5)
    assert decision_of(slow, reading(200, at=1000.0), targets=(fast,)).replicas == 40


def test_concurrency_gives_each_message_a_worker():
    target = MaximumConcurrency(workers_per_replica=4)
    assert decision_of(target, reading(6, 7, at=1000.0), replicas=2).replicas == 4
    half = MaximumConcurrency(workers_per_replica=4, busy_percent=50)
    assert decision_of(half, reading(6, 7, at=1000.0), replicas=2).replicas == 7


def test_concurrency_learns_the_workers_from_the_prefetch():
    found = decision_of(MaximumConcurrency(), reading(6, 7, at=1000.0, prefetch=2.0), replicas=4)
    assert found.replicas == 7


BY_RATIO = ScalingSpec(
    min_replicas=1, max_replicas=1000, targets=(PublishedToDeliveredRatio(ratio=1.0),)
)


def test_a_ratio_without_deliveries_is_unknown():
    time = Timeline(BY_RATIO, 4)
    for second in range(20):
        time.now = float(second)
        decision = time.read(reading(50, 4, at=time.now, published=second * 30))
    assert (decision.replicas, decision.reason) == (4, Reason.QUEUES_UNKNOWN)


def waiting(**given):
    return QueueWaitTime(capacity_per_replica=8, workers_per_replica=4, **given)


@pytest.mark.parametrize(
    ("target", "ready", "replicas"),
    [
        (waiting(), 480, 30),  # 240 a second for 2 s
        (waiting(wait_seconds=10), 480, 6),
        (waiting(wait_seconds=0.5), 40, 10),  # but a message needs no second worker
        (waiting(), 0, 1),
    ],
)
def test_wait_time_works_a_backlog_off_in_time(target, ready, replicas):
    assert decision_of(target, reading(ready, at=1000.0)).replicas == replicas


@pytest.mark.parametrize(("messages", "replicas"), [(1, 1), (4, 1), (9, 3), (500, 4)])
def test_wait_time_activates_at_most_four_replicas_while_the_workers_are_unknown(
    messages, replicas
):
    spec = ScalingSpec(max_replicas=50)
    assert once(spec, observation_of(0, amqp_only(messages, at=1000.0))).replicas == replicas


def test_a_value_that_one_target_lacks_comes_from_another():
    spec = ScalingSpec(
        max_replicas=3,
        targets=(
            QueueWaitTime(),
            MaximumConcurrency(workers_per_replica=6),
            ExpectedQueueConsumptionTime(consumption_seconds=5, capacity_per_replica=7.0),
        ),
    )
    assert (spec.workers_per_replica, spec.capacity_per_replica) == (6, 7.0)


@pytest.mark.parametrize(("start_seconds", "next_at"), [(None, 15), (8.0, 20)])
def test_a_ratio_moves_the_count_once_for_each_sample_of_the_started_replicas(
    start_seconds, next_at
):
    time, counts = Timeline(BY_RATIO, 4), []
    time.history = History.begin(0.0, 4, Estimates(start_seconds=start_seconds))
    for tick in range(60):
        time.now = tick / 2
        sample = tick // 10 * 5.0
        time.read(
            reading(
                50,
                4,
                at=time.now,
                statistics_at=sample,
                published=int(sample * 40),
                delivered=int(sample * 20),
            ),
            ready=time.replicas,
        )
        counts.append(time.replicas)
    # The sample at 10 s contains messages of before the change.
    assert counts[: 2 * next_at] == [4] * 10 + [8] * (2 * next_at - 10)
    assert counts[2 * next_at] == 16
    assert time.decisions[25].clauses[0].code == "tolerance.ratioUsed"


@pytest.mark.parametrize(
    "target",
    [
        QueueLength(messages_per_replica=0.001),
        QueueWaitTime(wait_seconds=0.001, capacity_per_replica=0.0001, workers_per_replica=1),
        ExpectedQueueConsumptionTime(consumption_seconds=0.001, capacity_per_replica=0.0001),
        MaximumConcurrency(workers_per_replica=1, busy_percent=1),
    ],
)
def test_a_count_is_at_most_what_the_api_of_kubernetes_stores(target):
    decision = decision_of(target, reading(2**40, at=1000.0))
    assert (decision.raw, decision.replicas) == (2**31 - 1, 500)


def test_a_formula_without_a_bound_gives_the_largest_count():
    target = QueueLength(messages_per_replica=5e-324)
    assert decision_of(target, reading(2**40, at=1000.0)).raw == 2**31 - 1


def growing(seconds, per_second, *, statistics):
    """One replica of which nothing is known beside the ready messages of its queue."""
    spec = ScalingSpec(min_replicas=1, max_replicas=50, targets=(QueueWaitTime(),))
    time = Timeline(spec, 1)
    for second in range(seconds):
        time.now = float(second)
        depth = {"consumers": time.replicas}
        if not statistics:
            depth["statistics_at"] = depth["unacknowledged"] = depth["prefetch"] = NOT_REPORTED
        time.read(reading(per_second * second, at=time.now, **depth))
    return time


def test_growth_of_ready_messages_adds_replicas_without_statistics():
    time = growing(30, 5, statistics=False)
    assert time.replicas >= 8
    changes = [decision for decision in time.decisions if decision.changes]
    assert [(each.current, each.replicas) for each in changes[:3]] == [(1, 2), (2, 4), (4, 8)]
    assert changes[0].clauses[0].code == "wait.growth"


def test_messages_that_do_not_grow_add_no_replica_without_statistics():
    assert growing(60, 0, statistics=False).replicas == 1


def test_a_step_waits_until_the_replicas_of_the_last_one_have_started():
    spec = ScalingSpec(min_replicas=1, max_replicas=500, targets=(QueueWaitTime(),))
    time = Timeline(spec, 1)
    counts = []
    for second in range(12):
        time.now += 1
        consumers = 100 if second >= 8 else 1
        depth = {"statistics_at": 0.0, "prefetch": 1.0, "consumers": consumers}
        time.read(reading(400, 0, at=time.now, **depth))
        counts.append(time.replicas)
    assert counts == [100] * 8 + [200] * 4
