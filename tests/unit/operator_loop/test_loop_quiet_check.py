"""The last step before idle: the queues are asked whether they have a message."""

import asyncio

from mare.domain.unknown import Unknown
from tests.unit.operator_loop.worlds import World, run

LEFT = Unknown("MessagesLeft", "queue worker still has a message")
AT_ONCE = {
    "idle": {"cooldownSeconds": 0},
    "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
}


async def becomes_idle(world: World, why: Unknown | None, ticks: int, cooldown: int = 0) -> None:
    world.workloads.have("worker", 1)
    world.brokers.ready["worker"] = 0
    if why is not None:
        world.brokers.left["worker"] = why
    world.put(**{**AT_ONCE, "idle": {"cooldownSeconds": cooldown}})
    for _ in range(ticks):
        await world.tick()


def test_a_message_that_only_the_queue_reports_restarts_the_cooldown():
    async def timeline(world: World) -> None:
        await becomes_idle(world, LEFT, 40, cooldown=30)
        world.brokers.left.clear()
        for _ in range(15):
            await world.tick()
        assert world.workloads.done == []
        for _ in range(10):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 0)]


def test_a_queue_that_is_not_certainly_quiet_is_checked_again_each_second():
    async def timeline(world: World) -> None:
        await becomes_idle(world, Unknown("QueueChanged", "queue worker changed"), 20)
        assert world.workloads.done == []
        world.brokers.left.clear()
        for _ in range(2):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 0)]


REFUSED = Unknown("AccessRefused", "the management API refuses the user")


def test_a_quiet_check_without_an_answer_is_reported_and_does_not_freeze_the_status():
    """The queues could not be asked for half an hour, and the status said that it takes 30 s."""

    async def timeline(world: World) -> None:
        await becomes_idle(world, REFUSED, 1_800, cooldown=30)

    world = run(timeline)

    status = world.objects.last()
    assert world.workloads.done == []
    assert status["lastDecision"]["message"] == (
        "Kept at 1: no message, ready or unacknowledged, for 30 s. Scale-down to 0 is blocked,"
        " because the management API refuses the user."
    )
    assert world.objects.condition("Ready") == ("False", "AccessRefused")
    assert world.objects.events == [("worker", "Warning", "AccessRefused")]
    view = world.record.histories["shop", "worker"].view
    assert view.decision is not None
    assert (view.decision.replicas, view.decision.reason) == (1, "PartlyUnknown")


def test_an_answer_of_the_broker_of_before_a_change_scales_nothing():
    async def timeline(world: World) -> None:
        world.brokers.silent = {"worker"}
        await becomes_idle(world, None, 20)
        world.put(generation=2, secret="other", **AT_ONCE)
        world.brokers.quiet_answers.set()
        await asyncio.sleep(0.1)
        world.brokers.quiet_answers = asyncio.Event()
        await world.tick()
        assert world.workloads.done == []
        world.brokers.quiet_answers.set()
        await world.tick()

    assert run(timeline).workloads.done == [("worker", 0)]


def test_a_quiet_check_ends_after_3_seconds():
    async def timeline(world: World) -> None:
        world.brokers.silent = {"worker"}
        await becomes_idle(world, None, 20)
        await asyncio.sleep(3)
        await world.tick()

    world = run(timeline)

    assert world.workloads.done == []
    assert world.objects.condition("Ready") == ("False", "StatisticsUnreachable")
