"""The original replicas are stored before the first change."""

import asyncio
from typing import Any

import pytest

from mare.ports import Unavailable
from tests.unit.operator_loop.worlds import AT_ONCE, World, run


@pytest.mark.parametrize("stops_before", ["the status", "the PATCH is answered"])
def test_the_original_replicas_are_known_whenever_the_first_leader_stops(stops_before: str):
    spec = {"onDelete": "Restore", **AT_ONCE}

    async def timeline(world: World) -> None:
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
        for _ in range(5):
            await world.tick()
        assert world.workloads.done[-1] == ("worker", 50)
        assert world.objects.status()["originalReplicas"] == 3

    run(timeline)


def test_nothing_is_changed_before_the_original_replicas_are_stored():
    async def timeline(world: World) -> None:
        world.objects.error = Unavailable("away")
        world.begin(3, 300)
        for _ in range(5):
            await world.tick()
        assert world.workloads.done == []
        world.objects.error = None
        for _ in range(5):
            await world.tick()
        assert world.workloads.done == [("worker", 30)]

    run(timeline)


def test_a_new_leader_that_knows_an_older_status_takes_the_original_replicas_of_the_newer_one():
    async def timeline(world: World) -> None:
        newer = {"originalReplicas": 3, "currentReplicas": 30}
        world.workloads.have("worker", 30)
        world.brokers.ready["worker"] = 500
        world.put()
        world.objects.stored["worker"] += 1
        await world.tick()
        assert world.workloads.done == []
        world.put(status=newer, version=world.objects.stored["worker"])
        for _ in range(5):
            await world.tick()
        assert world.workloads.done == [("worker", 50)]
        assert world.objects.status()["originalReplicas"] == 3

    run(timeline)


def test_only_the_first_change_is_preceded_by_a_status_write():
    async def timeline(world: World) -> None:
        world.begin(3, 40)
        await world.tick()
        before, first = world.objects.statuses[:2]
        assert (before[1]["originalReplicas"], before[1]["currentReplicas"]) == (3, 3)
        assert first[1]["currentReplicas"] == 4
        written = len(world.objects.statuses)
        world.brokers.ready["worker"] = 300
        await world.tick()
        assert len(world.objects.statuses) == written + 1

    run(timeline)


def test_another_client_that_changes_the_object_does_not_stop_the_changes():
    async def timeline(world: World) -> None:
        world.begin(3, 300)
        world.objects.stored["worker"] += 1  # the watch brings it later
        await world.tick()
        world.put(version=world.objects.stored["worker"])
        for _ in range(3):
            await world.tick()
        assert world.workloads.done == [("worker", 30)]

    run(timeline)


@pytest.mark.parametrize("stored", [10_001, -1, 2**31, "3", None])
def test_original_replicas_that_no_operator_writes_are_ignored(stored: Any):
    async def timeline(world: World) -> None:
        status = {"originalReplicas": stored}
        world.begin(3, 300, onDelete="Restore", status=status, **AT_ONCE)
        for _ in range(3):
            await world.tick()
        assert world.objects.status()["originalReplicas"] == 3

    run(timeline)


def test_the_original_replicas_of_a_larger_workload_are_the_highest_max_replicas():
    async def timeline(world: World) -> None:
        world.begin(12_000, 300, onDelete="Restore", **AT_ONCE)
        for _ in range(3):
            await world.tick()
        assert world.workloads.done[0][1] < 12_000
        assert world.objects.status()["originalReplicas"] == 10_000

    run(timeline)
