"""While the workload cannot be read, its count is kept: what waits for a time waits anew."""

from mare.domain.unknown import Unknown
from tests.unit.operator_loop.worlds import World

REFUSED = Unknown("WorkloadForbidden", "forbidden")
SLOWLY = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}}}


async def pass_time(world: World, seconds: int) -> None:
    await world.ticks(seconds)


async def hide_workload(world: World, seconds: int) -> None:
    scale, world.workloads.scales["worker"] = world.workloads.scales["worker"], REFUSED
    await pass_time(world, seconds)
    world.workloads.scales["worker"] = scale


async def test_the_first_reading_afterwards_removes_no_replica(world):
    """The recommendations had left the window meanwhile: 10 → 1 at once."""
    world.begin(10, 100, **SLOWLY)
    await pass_time(world, 60)
    await hide_workload(world, 600)
    world.brokers.ready["worker"] = 20
    await pass_time(world, 250)
    assert world.workloads.done == []
    await pass_time(world, 60)

    assert world.workloads.done == [("worker", 2)]


async def test_queues_that_were_known_meanwhile_are_no_reason_for_the_fallback(world):
    """One failed read before the gap and one after it made 3,601 s without a reading."""
    fallback = {"fallback": {"afterSeconds": 180, "replicas": 1, "behavior": "Static"}}
    world.begin(10, 100, **fallback)
    await pass_time(world, 60)
    world.brokers.away["broker"] = Unknown("BrokerUnreachable", "away")
    await pass_time(world, 1)
    del world.brokers.away["broker"]
    await hide_workload(world, 600)
    world.brokers.away["broker"] = Unknown("BrokerUnreachable", "away")
    await pass_time(world, 100)

    assert world.workloads.done == []


async def test_an_idle_workload_is_not_active_by_a_gap(world):
    world.begin(0, 0, minReplicas=0)
    await pass_time(world, 100)
    before = world.objects.last()["lastActiveTime"]
    written = len(world.objects.statuses)
    await hide_workload(world, 5)
    await pass_time(world, 100)
    assert world.objects.last()["lastActiveTime"] == before
    assert len(world.objects.statuses) <= written + 2

    assert world.workloads.done == []
