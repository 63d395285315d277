"""What is too old is unknown to people as it is to decisions."""

from dataclasses import replace

from mare.domain.observation import NOT_REPORTED, QueueReading
from mare.loop.freshness import fresh
from mare.ports import BrokerReading
from tests.unit.operator_loop.worlds import World, run

NOW = 1_000.0
READING = QueueReading(
    name="work", read_at=NOW, ready=5, consumers=1, statistics_at=NOW, unacknowledged=0
)


def seen(*readings: QueueReading) -> BrokerReading:
    return BrokerReading(queues=readings, busy=NOT_REPORTED)


def test_what_is_new_stays_as_it_is():
    assert fresh(seen(READING), NOW + 15, 15) == seen(READING)
    assert fresh(seen(), NOW, 15) == seen()


def test_one_old_reading_makes_all_queues_unknown():
    told = fresh(seen(replace(READING, read_at=NOW + 10), READING), NOW + 16, 15)

    assert told.queues.reason == "Stale"
    assert fresh(told, NOW + 20, 15) == told


def test_old_statistics_are_told_and_fresh_depths_stay():
    new = replace(READING, read_at=NOW + 16)

    told = fresh(seen(new), NOW + 16, 15)

    assert told.queues == (new,)
    assert told.lost == ("the last statistics are older than 15 s",)


def test_a_depth_that_is_no_longer_renewed_becomes_unknown_in_status_and_metrics():
    async def story(world: World) -> None:
        world.workloads.have("worker", 5)
        world.brokers.ready["worker"] = 50
        world.put()
        await world.tick()
        world.brokers.read_at = world.clock.now
        for _ in range(30):
            await world.tick()

    world = run(story)

    assert world.objects.condition("MetricsFresh") == ("False", "Stale")
    assert world.objects.condition("Ready") == ("False", "Stale")
    assert world.objects.last()["depth"] is None
    assert world.objects.last()["lastDecision"]["reason"] == "QueuesUnknown"
    of_it = {"namespace": "shop", "name": "worker"}
    assert world.metrics.registry.get_sample_value("mare_queues_unknown", of_it) == 1
    assert len(world.record.failures) == 1


def test_the_age_of_statistics_is_a_number_for_prometheus():
    async def story(world: World) -> None:
        world.workloads.have("worker", 5)
        world.brokers.ready["worker"] = 50
        world.put()
        await world.tick()
        world.brokers.statistics_at = world.clock.now
        for _ in range(30):
            await world.tick()

    world = run(story)

    of_it = {"namespace": "shop", "name": "worker"}
    assert world.metrics.registry.get_sample_value("mare_statistics_age_seconds", of_it) == 30
    assert world.objects.condition("MetricsFresh") == ("True", "PartlyFresh")
