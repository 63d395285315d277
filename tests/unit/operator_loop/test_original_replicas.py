"""The original replicas are stored before the first change."""

import asyncio
from typing import Any

import pytest

from mare.ports import Unavailable
from tests.unit.operator_loop.worlds import AT_ONCE


@pytest.mark.parametrize("stops_before", ["the status", "the PATCH is answered"])
async def test_the_original_replicas_are_known_whenever_the_first_leader_stops(
    world, stops_before: str
):
    spec = {"onDelete": "Restore", **AT_ONCE}
    send = world.workloads.scale

    async def stop_after(*arguments: Any) -> None:
        await send(*arguments)
        if stops_before == "the status":
            world.objects.answers = asyncio.Event()
        else:
            await asyncio.Event().wait()

    world.workloads.scale = stop_after
    world.begin(3, 300, **spec)
    await world.tick()
    assert world.workloads.done == [("worker", 30)]
    world.workloads.scale, world.objects.answers = send, None
    await world.restart(**spec)
    world.brokers.ready["worker"] = 500
    await world.ticks(5)
    assert world.workloads.done[-1] == ("worker", 50)
    assert world.objects.status()["originalReplicas"] == 3


async def test_nothing_is_changed_before_the_original_replicas_are_stored(world):
    world.objects.error = Unavailable("away")
    world.begin(3, 300)
    await world.ticks(5)
    assert world.workloads.done == []
    world.objects.error = None
    await world.ticks(5)
    assert world.workloads.done == [("worker", 30)]


async def test_a_new_leader_that_knows_an_older_status_takes_the_original_replicas_of_the_newer_one(
    world,
):
    newer = {"originalReplicas": 3, "currentReplicas": 30}
    world.begin(30, 500)
    world.objects.stored["worker"] += 1
    await world.tick()
    assert world.workloads.done == []
    world.put(status=newer, version=world.objects.stored["worker"])
    await world.ticks(5)
    assert world.workloads.done == [("worker", 50)]
    assert world.objects.status()["originalReplicas"] == 3


async def test_only_the_first_change_is_preceded_by_a_status_write(world):
    world.begin(3, 40)
    await world.tick()
    before, first = world.objects.statuses[:2]
    assert (before[1]["originalReplicas"], before[1]["currentReplicas"]) == (3, 3)
    assert first[1]["currentReplicas"] == 4
    written = len(world.objects.statuses)
    world.brokers.ready["worker"] = 300
    await world.tick()
    assert len(world.objects.statuses) == written + 1


@pytest.mark.parametrize("stored", [10_001, -1, 2**31, "3", None])
async def test_original_replicas_that_no_operator_writes_are_ignored(world, stored: Any):
    status = {"originalReplicas": stored}
    world.begin(3, 300, onDelete="Restore", status=status, **AT_ONCE)
    await world.ticks(3)
    assert world.objects.status()["originalReplicas"] == 3


async def test_the_original_replicas_of_a_larger_workload_are_the_highest_max_replicas(world):
    world.begin(12_000, 300, onDelete="Restore", **AT_ONCE)
    await world.ticks(3)
    assert world.workloads.done[0][1] < 12_000
    assert world.objects.status()["originalReplicas"] == 10_000
