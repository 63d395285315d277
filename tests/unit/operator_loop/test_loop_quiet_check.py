"""The last step before idle: the queues are asked whether they have a message."""

import asyncio

import pytest

from mare.domain.unknown import Unknown
from tests.unit.operator_loop.worlds import World

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
    await world.ticks(ticks)


async def test_a_message_that_only_the_queue_reports_restarts_the_cooldown(world):
    await becomes_idle(world, LEFT, 40, cooldown=30)
    world.brokers.left.clear()
    await world.ticks(15)
    assert world.workloads.done == []
    await world.ticks(10)

    assert world.workloads.done == [("worker", 0)]


@pytest.mark.parametrize(
    ("why", "seconds"),
    [
        pytest.param(Unknown("StatisticsUnreachable", "no answer"), 1, id="asked each second"),
        pytest.param(Unknown("QueueChanged", "it changed"), 6, id="a change ends it for 5.5 s"),
    ],
)
async def test_queues_that_are_not_certainly_quiet_are_asked_again_when_they_can_be(
    world, why: Unknown, seconds: int
):
    """A quorum queue was asked six times after its last message, with two requests each time."""
    await becomes_idle(world, why, 20)
    asked = world.brokers.quiet_checks
    await world.ticks(6)
    assert world.brokers.quiet_checks - asked == 6 // seconds
    world.brokers.left.clear()
    await world.ticks(seconds + 1)

    assert world.workloads.done == [("worker", 0)]


REFUSED = Unknown("AccessRefused", "the management API refuses the user")


async def test_a_quiet_check_without_an_answer_is_reported_and_does_not_freeze_the_status(world):
    """The queues could not be asked for half an hour, and the status said that it takes 30 s."""
    await becomes_idle(world, REFUSED, 300, cooldown=30)

    status = world.objects.last()
    assert world.workloads.done == []
    assert status["lastDecision"]["message"] == (
        "Kept at 1: no message, ready or unacknowledged, was seen in the last 30 s. Scale-down to 0"
        " is blocked, because the management API refuses the user."
    )
    assert world.objects.condition("Ready") == ("False", "AccessRefused")
    assert world.objects.events == [("worker", "Warning", "AccessRefused")]
    view = world.history.view
    assert view.decision is not None
    assert (view.decision.replicas, view.decision.reason) == (1, "PartlyUnknown")


async def test_an_answer_of_the_broker_of_before_a_change_scales_nothing(world):
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

    assert world.workloads.done == [("worker", 0)]


async def test_a_quiet_check_ends_after_3_seconds(world):
    world.brokers.silent = {"worker"}
    await becomes_idle(world, None, 20)
    await asyncio.sleep(3)
    await world.tick()

    assert world.workloads.done == []
    assert world.objects.condition("Ready") == ("False", "StatisticsUnreachable")
