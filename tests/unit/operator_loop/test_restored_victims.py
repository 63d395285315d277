"""A restore of original replicas removes them as any scale-down does."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mare.domain.unknown import Unknown
from mare.ports import Unavailable
from mare.watch_events import handle_event
from tests.unit.operator_loop.worlds import AT_ONCE, World, body

VICTIMS = {"policy": "IdleOnly", "maxDrainWaitSeconds": 120}


async def pass_time(world: World) -> None:
    while True:
        await asyncio.sleep(0.5)
        world.clock.now += 0.5


def delete(world: World) -> None:
    """Delete the object; from now on the clock goes on while tasks wait."""
    handle_event(world.loop, "DELETED", body())
    world.passing = asyncio.create_task(pass_time(world))


def consumers(idle: int, busy: int) -> dict[str, int]:
    return {f"10.0.0.{number}": int(number < busy) for number in range(idle + busy)}


async def scale_up(world: World, **spec: object) -> None:
    world.brokers.consumers = 30
    world.begin(3, 300, onDelete="Restore", **AT_ONCE, **spec)
    await world.ticks(3)
    assert world.workloads.done == [("worker", 30)]
    world.brokers.ready["worker"] = 0
    world.workloads.have("worker", 30, grace_seconds=30)
    world.brokers.busy, world.brokers.unacknowledged = consumers(10, 20), 20
    world.clock.now += 15


async def test_a_restore_removes_idle_replicas_first(world):
    await scale_up(world)
    world.brokers.busy = consumers(27, 3)
    delete(world)
    await asyncio.sleep(600)
    [removal] = world.workloads.preferred
    assert {each for each, cost in removal.costs.items() if cost > 0} == set(consumers(0, 3))
    assert removal.count == 27

    assert world.workloads.done[-1] == ("worker", 3)


async def test_a_restore_waits_for_busy_replicas_where_victims_says_so(world):
    await scale_up(world, victims=VICTIMS)
    delete(world)
    await asyncio.sleep(30)
    assert world.workloads.done[1:] == [("worker", 20)]
    world.brokers.busy, world.brokers.unacknowledged = consumers(15, 5), 5
    await asyncio.sleep(30)
    assert world.workloads.done[2:] == [("worker", 5)]
    await asyncio.sleep(50)
    assert world.workloads.done[3:] == []
    await asyncio.sleep(20)
    assert world.workloads.done[3:] == [("worker", 3)]


async def test_a_restore_goes_on_after_a_change_whose_answer_is_lost(world):
    await scale_up(world, victims=VICTIMS)
    send = world.workloads.scale

    async def lose_answer(*arguments: Any) -> None:
        await send(*arguments)
        world.workloads.scale = send
        raise Unavailable("the API server does not answer")

    delete(world)
    await asyncio.sleep(10)
    assert world.workloads.done[1:] == [("worker", 20)]
    world.workloads.scale = lose_answer
    world.brokers.busy, world.brokers.unacknowledged = consumers(15, 5), 5
    await asyncio.sleep(30)
    assert world.workloads.done[2:] == [("worker", 5)]
    world.brokers.busy, world.brokers.unacknowledged = consumers(5, 0), 0
    await asyncio.sleep(30)
    assert world.workloads.done[3:] == [("worker", 3)]


@pytest.mark.parametrize(("seconds", "done"), [(115, []), (125, [("worker", 3)])])
async def test_a_restore_without_statistics_waits_for_the_longest_drain(
    world, seconds: int, done: list
):
    await scale_up(world, victims=VICTIMS)
    world.brokers.odd["broker"] = RuntimeError("unexpected")
    delete(world)
    await asyncio.sleep(seconds)
    assert world.workloads.done[1:] == done


async def test_a_restore_of_quiet_queues_asks_them_before(world):
    await scale_up(world, victims=VICTIMS)
    world.brokers.unacknowledged, world.brokers.busy = 0, {}
    world.brokers.left["worker"] = Unknown("MessagesLeft", "a message is left")
    delete(world)
    await asyncio.sleep(60)
    assert world.workloads.done[1:] == []
    world.brokers.left.clear()
    await asyncio.sleep(30)
    assert world.workloads.done[1:] == [("worker", 3)]


@pytest.mark.parametrize(("seconds", "done"), [(170, []), (190, [("worker", 3)])])
async def test_queues_that_never_confirm_end_no_later_than_a_minute_after_the_drain(
    world, seconds: int, done: list
):
    await scale_up(world, victims=VICTIMS)
    world.brokers.unacknowledged, world.brokers.busy = 0, {}
    world.brokers.left["worker"] = Unknown("BrokerUnreachable", "it does not answer")
    delete(world)
    await asyncio.sleep(seconds)
    assert world.workloads.done[1:] == done


def another_count(world: World) -> None:
    world.workloads.have("worker", 40)


def new_object(world: World) -> None:
    world.put("successor", scaleTargetRef=body()["spec"]["scaleTargetRef"])


@pytest.mark.parametrize("change", [another_count, new_object])
async def test_another_client_ends_a_restore_that_waits_for_busy_replicas(
    world, change: Callable[[World], None]
):
    await scale_up(world, victims=VICTIMS)
    world.brokers.busy = consumers(0, 30)
    delete(world)
    await asyncio.sleep(10)
    change(world)
    await asyncio.sleep(300)
    assert world.workloads.done[1:] == []


async def test_a_restore_to_zero_reaches_zero(world):
    world.begin(0, 20, onDelete="Restore", **AT_ONCE)
    await world.tick()
    assert world.workloads.done == [("worker", 2)]
    world.brokers.ready["worker"] = 0
    delete(world)
    await asyncio.sleep(60)
    assert world.workloads.done[1:] == [("worker", 0)]
