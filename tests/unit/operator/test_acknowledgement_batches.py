"""Consumers that acknowledge many messages at once."""

import pytest

from mare.domain.acknowledgement_batches import AcknowledgementBatches
from mare.domain.spec import ScalingSpec
from mare.domain.unknown import Unknown
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
