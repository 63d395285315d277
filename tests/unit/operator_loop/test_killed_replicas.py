"""Replicas that still run at the end of their grace period are reported and counted."""

import asyncio

import pytest

from mare.loop import killed_replicas
from mare.ports import Unavailable
from tests.unit.operator_loop.worlds import World, run


async def shrinks(world: World) -> None:
    world.workloads.have("worker", 3, grace_seconds=0)
    world.brokers.ready["worker"] = 0
    world.put(minReplicas=1, behavior={"scaleDown": {"stabilizationWindowSeconds": 0}})
    for _ in range(3):
        await world.tick()


def killed(world: World) -> float | None:
    return world.metrics.registry.get_sample_value("mare_replicas_killed_total")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(killed_replicas, "_POLL_SECONDS", 0.0)


def test_a_replica_that_was_killed_is_an_event_and_counted_once():
    async def story(world: World) -> None:
        ending = {"worker-a": False, "worker-b": False}
        killed = {"worker-a": True, "worker-b": True, "worker-c": False}
        world.workloads.ending = [ending, ending | {"worker-b": True}, killed]
        await shrinks(world)
        world.workloads.have("worker", 2, grace_seconds=0)
        for _ in range(3):
            await world.tick()

    world = run(story)

    assert killed(world) == 2
    assert ("worker", "Warning", "ReplicasKilled") in world.objects.events


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c and 1 others"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 others"),
    ],
)
def test_an_event_lists_three_replicas_and_counts_the_others(names, listed):
    assert killed_replicas._sentence(names, 30) == (
        f"Killed, because they still ran 30 s after SIGTERM: {listed}. RabbitMQ delivers their"
        " unacknowledged messages again; raise terminationGracePeriodSeconds"
    )


def test_replicas_that_end_in_time_are_not_reported():
    async def story(world: World) -> None:
        world.workloads.ending = [{"worker-a": False}, {}]
        await shrinks(world)

    world = run(story)

    assert killed(world) == 0
    assert [kind for _, kind, _ in world.objects.events] == ["Normal"]


def test_a_busy_api_server_hides_no_killed_replica():
    async def story(world: World) -> None:
        world.workloads.ending = [Unavailable("busy"), {"worker-a": True}]
        await shrinks(world)

    assert killed(run(story)) == 1


def test_a_replica_that_a_busy_node_kills_late_is_reported():
    async def story(world: World) -> None:
        world.workloads.ending = [*[{"worker-a": False}] * 60, {"worker-a": True}]
        await shrinks(world)
        for _ in range(1_000):  # turns of the event loop
            await asyncio.sleep(0)

    assert killed(run(story)) == 1
