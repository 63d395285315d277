"""A jump of the counters that one sample alone shows moves no target."""

import pytest

from mare.domain.spec import (
    ExpectedQueueConsumptionTime,
    MessageRate,
    PublishedToDeliveredRatio,
    QueueWaitTime,
    ScalingSpec,
)
from tests.unit.operator.building import Timeline, reading

TARGETS = [
    QueueWaitTime(),
    MessageRate(messages_per_second_per_replica=2.0),
    ExpectedQueueConsumptionTime(consumption_seconds=10, capacity_per_replica=2.5),
    PublishedToDeliveredRatio(ratio=1.0),
]


def jumping(target, extra, *, ready=0, seconds=220):
    """8 messages/s; counters of published messages are too large by `extra` of the sample."""
    spec = ScalingSpec(min_replicas=4, max_replicas=200, targets=(target,))
    time = Timeline(spec, 4)
    for second in range(seconds):
        time.now = float(second)
        index = second // 5
        counters = {"delivered": 40 * index, "acknowledged": 40 * index}
        at = {"statistics_at": 5.0 * index, "sampled_after": 5.0 * index}
        time.read(
            reading(
                ready if index >= 30 else 0,
                3,
                at=time.now,
                consumers=time.replicas,
                prefetch=1.0,
                published=40 * index + extra(index),
                **counters,
                **at,
            ),
            ready=time.replicas,
        )
    return time


def more_each_time(index):
    return 400 * max(0, index - 29)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
def test_messages_that_were_purged_at_once_add_no_replica(target):
    time = jumping(target, lambda index: 5_000 * (index >= 30))
    assert max(decision.replicas for decision in time.decisions) <= 6


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
def test_counters_that_alternate_do_not_confirm_each_other(target):
    """The nodes of a cluster that has split answer in turn."""
    time = jumping(target, lambda index: 5_000 * (index >= 30 and index % 2), seconds=400)
    assert max(decision.replicas for decision in time.decisions) <= 6


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
def test_a_rate_that_a_second_sample_confirms_adds_replicas(target):
    time = jumping(target, more_each_time)
    assert time.replicas >= 20


def test_ready_messages_support_a_rate_at_once():
    time = jumping(TARGETS[1], more_each_time, ready=400, seconds=152)
    assert time.replicas == 44
    assert "one sample alone" not in time.decisions[-1].message


@pytest.mark.parametrize(("arriving", "replicas"), [(0, 2), (8, 13)])
def test_a_burst_of_one_sample_is_a_rate_only_while_the_ready_messages_grow(arriving, replicas):
    target = QueueWaitTime(wait_seconds=30, capacity_per_replica=0.8, workers_per_replica=2)
    time = Timeline(ScalingSpec(max_replicas=50, targets=(target,)), 2)
    for second in range(10):  # 40 messages at second 3, and a sample at second 5
        time.now = float(second)
        published = (40 + arriving * (second - 3)) if second >= 3 else 0
        sampled = 40 + 2 * arriving if second >= 5 else 0
        counters = {"published": sampled, "delivered": 0, "acknowledged": 0}
        at = 5.0 * (second // 5)
        ready = max(0, published - round(1.6 * max(0, second - 3)) - 4)
        time.read(
            reading(ready, 4, at=time.now, consumers=2, statistics_at=at, **counters), ready=2
        )
    assert time.replicas == replicas
