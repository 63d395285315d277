"""While nothing changes, a workload is seldom decided again, and no status is written."""

from dataclasses import replace
from typing import Any

import pytest

from mare.domain.unknown import Unknown
from tests.unit.operator_loop.worlds import AT_ONCE, World

WORKER = ("shop", "worker")


async def test_an_idle_workload_is_read_four_times_a_second_and_decided_when_something_changes(
    world,
):
    decided: list[float] = []
    world.begin(0, 0)
    world.brokers.statistics_at = world.brokers.busy_at = begun = world.clock.now
    for number in range(24):
        if number == 14:  # 3.5 s
            world.brokers.statistics_at += 1
        if number == 15:
            world.workloads.have("worker", 0, grace_seconds=10)
        if number == 23:
            world.brokers.ready["worker"] = 5
        await world.tick(0.25)
        decided.append(world.history.view.at - begun)
    assert len(world.brokers.reads) == 24

    assert sorted(set(decided)) == [0.25, 2.25, 3.75, 4.0, 6.0]
    assert world.workloads.done == [("worker", 1)]


async def test_a_workload_that_cools_down_is_decided_once_a_second_until_a_message_arrives(world):
    """It was decided at each read: most objects that have worked lately cool down."""
    world.begin(1, 0, minReplicas=1)
    world.brokers.statistics_at = world.brokers.busy_at = world.clock.now
    decided = set()
    for _ in range(39):
        await world.tick(0.25)
        decided.add(world.history.view.at)
    assert len(decided) == 10
    world.brokers.ready["worker"] = 35
    await world.tick(0.25)
    assert world.workloads.done == [("worker", 4)]


@pytest.mark.parametrize("ready", [0, 95])
async def test_a_new_leader_that_finds_everything_in_the_status_writes_nothing(world, ready: int):
    world.begin(0, ready, **AT_ONCE)
    await world.ticks(30)
    written = len(world.objects.statuses)
    await world.restart(**AT_ONCE)
    await world.ticks(30)
    assert len(world.objects.statuses) == written
    world.brokers.away["broker"] = Unknown("BrokerUnreachable", "the broker does not answer")
    await world.ticks(2)
    assert len(world.objects.statuses) == written + 1


async def test_a_name_of_the_operator_that_is_missing_is_written_again():
    world = World(operator="ns/mine")
    world.begin(0, 0)
    await world.ticks(150)
    status = {**world.objects.status()}
    del status["operator"]
    written = len(world.objects.statuses)
    await world.kill()
    world.use(world.brokers)
    world.put(status=status)
    await world.ticks(5)
    assert [each["operator"] for _, each in world.objects.statuses[written:]] == ["ns/mine"]


async def test_what_a_write_that_met_a_conflict_had_to_store_is_written_afterwards(world):
    four: dict[str, Any] = {"minReplicas": 4, "maxReplicas": 4}
    world.begin(4, 40, **four)
    world.workloads.scales["worker"] = replace(world.workloads.scales["worker"], ready=0)
    await world.ticks(50)
    assert "unready" not in (world.objects.status().get("timers") or {})
    world.objects.stored["worker"] += 1  # a label has changed; the event is under way
    await world.ticks(14)
    world.put(version=world.objects.stored["worker"], status=world.objects.status(), **four)
    await world.ticks(60)
    assert "unready" in (world.objects.status().get("timers") or {})


async def test_a_workload_with_work_is_active_after_a_restart(world):
    """A message every 40 s is done between two readings: only the counters show it."""
    one: dict[str, Any] = {"minReplicas": 1}

    async def work(world: World, seconds: int) -> set[str]:
        seen = set()
        for second in range(seconds):
            world.brokers.published += second % 40 == 39
            await world.tick()
            view = world.history.view
            seen |= {each.reason for each in view.conditions if each.type == "Active"}
        return seen

    world.brokers.published = 0
    world.begin(1, 0, **one)
    await work(world, 300)
    await world.restart(**one)
    assert await work(world, 60) == {"Work"}
