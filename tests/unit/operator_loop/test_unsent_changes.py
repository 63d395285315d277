"""Changes that are decided and not sent: the next decision and docs/explain.md name the cause."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mare.ports import AccessRefused, Conflict
from mare.tenant_scheduler import SCALE_WRITES, Work
from tests.unit.operator_loop.worlds import World

PAGE = " ".join((Path(__file__).parents[3] / "docs" / "explain.md").read_text("utf-8").split())


@pytest.mark.parametrize("seconds", [1, 10])
async def test_a_status_write_that_is_not_answered_is_named_if_a_first_change_waits_long(
    world, seconds: int
):
    world.objects.answers = asyncio.Event()
    world.begin(1, 5)
    await world.tick()
    world.brokers.ready["worker"] = 95
    await world.ticks(4 * seconds, 0.25)
    decision = world.history.view.decision
    assert (decision.message in PAGE) == (seconds > 2)
    world.objects.answers.set()
    await world.tick(0.5)
    assert world.workloads.done == [("worker", 10)]

    assert len(world.record.failures) == (seconds > 2)


async def test_a_change_whose_turn_comes_too_late_for_the_answer_of_the_queues_is_named(world):
    """The queues were asked again and again, and nothing said why."""
    seen = set()
    in_time = world.loop.scheduler.turn

    @asynccontextmanager
    async def late(work: Work, namespace: str) -> AsyncIterator[None]:
        async with in_time(work, namespace):
            world.clock.now += 1.5 if work is SCALE_WRITES else 0.0
            yield

    world.loop.scheduler.turn = late  # type: ignore[method-assign]
    world.begin(1, 0, idle={"cooldownSeconds": 0})
    for _ in range(40):
        await world.tick(0.25)
        seen.add(world.history.view.decision.message)
    assert world.workloads.done == []
    world.loop.scheduler.turn = in_time  # type: ignore[method-assign]
    await world.ticks(5)

    assert world.workloads.done == [("worker", 0)]
    assert [each for each in seen if "because its turn came after" in each and each in PAGE]


async def test_a_change_follows_soon_once_another_client_no_longer_changes_the_object(world):
    """It waited up to 15 s, the pause of the status after so many conflicts."""
    world.begin(1, 5)
    await world.tick()
    world.brokers.ready["worker"] = 95
    world.objects.error = Conflict("the object has been modified")
    for _ in range(60):
        world.put()
        await world.tick(0.25)
    world.objects.error = None
    for _ in range(4):
        world.put()
        await world.tick(0.25)

    assert world.workloads.done == [("worker", 10)]


async def test_pods_that_cannot_be_marked_are_named_while_the_status_is_written(world):
    world.brokers.unacknowledged = 3
    world.brokers.busy = {"10.0.0.1": 3, "10.0.0.2": 0, "10.0.0.3": 0}
    world.workloads.marking = AccessRefused("pods is forbidden")
    at_once = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    world.begin(3, 0, minReplicas=1, behavior=at_once, victims={"policy": "IdleOnly"})
    world.objects.answers = asyncio.Event()
    for _ in range(60):
        await world.tick()
        message = world.history.view.decision.message
        assert "is not written yet" not in message
    assert "The idle replicas are unknown, because pods is forbidden." in message

    assert not world.record.failures


async def test_a_conflict_is_read_again_although_the_answer_of_the_queues_has_expired_meanwhile(
    world: World,
) -> None:
    """The API server can take longer to answer than a decision for 0 replicas is valid."""
    world.workloads.answers = first = asyncio.Event()
    world.workloads.behind.add("worker")
    world.begin(1, 0, idle={"cooldownSeconds": 0})
    await world.ticks(40, 0.25)
    assert world.workloads.sent == ["worker"]
    world.workloads.answers = asyncio.Event()
    first.set()
    await world.tick(0.25)
    assert not world.workloads.behind, "the workload is read again"
    assert world.metrics.conflicts._value.get() == 1
