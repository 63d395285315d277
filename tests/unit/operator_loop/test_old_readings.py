"""Readings that are too old: unknown in status and metrics as they are to decisions."""

from dataclasses import replace

from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading
from tests.unit.operator_loop.worlds import OF_WORKER


async def test_fresh_queues_scale_up_though_the_statistics_of_another_one_are_old(world):
    world.workloads.have("worker", 1)
    now = world.clock.now + 1
    fresh = QueueReading(
        name="a", read_at=now, ready=500, consumers=1, statistics_at=now, unacknowledged=0
    )
    old = replace(fresh, name="b", ready=0, statistics_at=now - 20)
    world.brokers.reading = BrokerReading(queues=(fresh, old), busy=Unknown("NotReported", "-"))
    world.put(minReplicas=1)
    await world.tick()

    assert world.workloads.done == [("worker", 50)]
    assert world.objects.condition("MetricsFresh") == ("True", "PartlyFresh")


async def test_a_depth_that_is_no_longer_renewed_becomes_unknown_in_status_and_metrics(world):
    world.begin(5, 50)
    await world.tick()
    world.brokers.read_at = world.clock.now
    await world.ticks(30)

    assert world.objects.condition("MetricsFresh") == ("False", "Stale")
    assert world.objects.condition("Ready") == ("False", "Stale")
    assert world.objects.last()["depth"] is None
    assert world.objects.last()["lastDecision"]["reason"] == "QueuesUnknown"
    assert world.metric("queues_unknown", **OF_WORKER) == 1
    assert len(world.record.failures) == 1


async def test_the_age_of_statistics_is_a_number_for_prometheus(world):
    world.begin(5, 50)
    await world.tick()
    world.brokers.statistics_at = world.clock.now
    await world.ticks(30)

    assert world.metric("statistics_age_seconds", **OF_WORKER) == 30
    assert world.objects.condition("MetricsFresh") == ("True", "PartlyFresh")
