"""Consumers that acknowledge many messages at once."""

import math

import pytest

from mare.domain.acknowledgement_batches import AcknowledgementBatches
from mare.domain.spec import ScalingSpec
from mare.domain.unknown import Unknown, known
from tests.unit.operator.building import Timeline, reading

NO_LIMIT = Unknown("NoPrefetch", "no limit")


def collecting(rate, size, *, prefetch, replicas=1, seconds=1200):
    """Replicas that share the messages, and acknowledge each time that `size` are collected."""
    time = Timeline(ScalingSpec(min_replicas=1, max_replicas=50), replicas)
    held = [0] * 50
    published = acknowledged = 0
    for second in range(seconds):
        time.now = float(second)
        for _ in range(rate):
            # More replicas than now have collected none yet, and those that ended lost nothing.
            replica = published % time.replicas
            published += 1
            held[replica] += 1
            if held[replica] == size:
                held[replica], acknowledged = 0, acknowledged + size
        if second % 5 == 0:
            sample = {
                "unacknowledged": sum(held),
                "published": published,
                "delivered": published,
                "acknowledged": acknowledged,
                "statistics_at": time.now,
                "sampled_after": time.now,
            }
        time.read(reading(0, at=time.now, consumers=time.replicas, prefetch=prefetch, **sample))
    return time


@pytest.mark.parametrize("prefetch", [1000.0, 2000.0, NO_LIMIT])
@pytest.mark.parametrize("rate", [10, 40, 70, 200])
def test_messages_that_wait_for_a_full_batch_need_no_replica(rate, prefetch):
    time = collecting(rate, 1000, prefetch=prefetch)
    assert {decision.replicas for decision in time.decisions} == {1}


def working(rate, *, capacity=100, size=1000, prefetch=1000, seconds=300):
    """Replicas that work on messages in turn, and acknowledge each time that `size` are done."""
    time = Timeline(ScalingSpec(min_replicas=1, max_replicas=50), 1)
    held, done = [0] * 50, [0] * 50
    ready = delivered = acknowledged = redelivered = 0
    for second in range(seconds):
        time.now, ready = float(second), ready + rate
        for replica in range(time.replicas, 50):  # A replica that ends returns its messages.
            ready, redelivered = ready + held[replica], redelivered + held[replica]
            held[replica] = done[replica] = 0
        for replica in range(time.replicas):
            taken = min(prefetch - held[replica], math.ceil(ready / (time.replicas - replica)))
            ready, delivered = ready - taken, delivered + taken
            done[replica] += min(capacity, held[replica] - done[replica])
            held[replica] += taken
            if done[replica] >= size:
                done[replica], held[replica] = done[replica] - size, held[replica] - size
                acknowledged += size
        if second % 5 == 0:
            sample = {
                "unacknowledged": sum(held),
                "published": rate * (second + 1),
                "delivered": delivered,
                "acknowledged": acknowledged,
                "redelivered": redelivered,
                "statistics_at": time.now,
            }
        consuming = {"consumers": time.replicas, "prefetch": float(prefetch)}
        time.read(reading(ready, at=time.now, **consuming, **sample))
        yield time


@pytest.mark.parametrize("rate", [120, 200])
def test_replicas_that_acknowledge_in_batches_show_their_capacity_once_they_fall_behind(rate):
    found = set()
    for time in working(rate):
        found.add(known(time.history.learning.estimates.capacity_per_replica, 100.0))
        assert time.replicas <= 3
    assert len(found) > 1
    assert all(50 <= capacity <= 200 for capacity in found)


def test_replicas_of_which_each_collects_a_batch_become_fewer():
    time = collecting(40, 1000, prefetch=1000.0, replicas=8)
    assert time.replicas <= 2


@pytest.mark.parametrize(
    ("acknowledged", "delivered", "size"),
    [
        pytest.param([0, 0, 0, 0, 1000] * 8, [200] * 40, 1000, id="batches"),
        pytest.param([9, 11] * 20, [10] * 40, 1, id="one by one"),
        pytest.param([0] * 9 + [500] * 31, [0] * 8 + [500] * 32, 1, id="a load that begins"),
        pytest.param([0, 0, 0, 50] * 10, [50, 0, 0, 0] * 10, 1, id="workers that begin together"),
        pytest.param([0, 4] * 20, [2] * 40, 1, id="small batches"),
    ],
)
def test_only_acknowledgements_in_lumps_are_batches(acknowledged, delivered, size):
    batches = AcknowledgementBatches()
    for counts in zip(acknowledged, delivered, strict=True):
        batches = batches.observe(*counts)
    assert batches.size_within(0) == pytest.approx(size, rel=0.1)
    assert batches.size_within(10) == 1
