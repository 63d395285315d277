"""Which changes of conditions are written to the status, how often, and with which Events."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from types import SimpleNamespace

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.unknown import Unknown
from mare.loop.operator_claim import OperatorClaim
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.ports import AccessRefused, BrokerReading, Unavailable
from mare.tenant_scheduler import STATUS_WRITES
from tests.unit.operator.building import reading
from tests.unit.operator_loop.worlds import World, body


def missing(name: str) -> Unknown:
    return Unknown("QueueNotFound", f"queue {name} does not exist", name)


def message_of(world: World, kind: str = "MetricsFresh") -> str:
    (found,) = [e for e in world.objects.last()["conditions"] if e["type"] == kind]
    return found["message"]


async def test_another_text_of_a_bad_condition_is_written_with_an_event(world):
    world.brokers.away["broker"] = missing("orders-1")
    world.begin(1, 0)
    await world.tick()
    world.brokers.away["broker"] = missing("orders-2")
    await world.ticks(60)

    assert message_of(world) == "queue orders-2 does not exist"
    assert len(world.objects.statuses) == 2
    assert world.objects.events == [("worker", "Warning", "QueueNotFound")] * 2


async def test_a_number_in_the_text_of_a_bad_condition_is_no_change(world):
    world.begin(1, 0)
    for age in range(60):
        text = f"the last reading is {age} s old"
        world.brokers.away["broker"] = Unknown("Stale", text)
        await world.tick()

    assert len(world.objects.statuses) == 1
    assert world.objects.events == [("worker", "Warning", "Stale")]


async def test_a_queue_that_comes_and_goes_is_written_at_once_first_and_then_every_ten_seconds(
    world,
):
    world.begin(1, 0)
    for second in range(60):
        world.brokers.ready["worker"] = missing("worker") if second % 2 else 0
        await world.tick()
        if second == 1:
            assert message_of(world) == "queue worker does not exist"

    assert 4 <= len(world.objects.statuses) <= 7
    assert 1 <= len(world.objects.events) <= 4


async def test_a_generation_is_written_at_once_however_often_conditions_change(world):
    world.begin(1, 0)
    for ready in (0, missing("worker"), 0):
        world.brokers.ready["worker"] = ready
        await world.tick()
    world.put(generation=2)
    await world.tick()

    assert world.objects.last()["observedGeneration"] == 2


async def test_rates_are_not_in_the_status_once_the_statistics_are_too_old(world):
    began = world.clock.now
    world.workloads.have("worker", 1)
    for second in range(60):
        at = began + min(second, 10)
        queue = reading(
            at=world.clock.now + 1,
            statistics_at=at,
            name="worker",
            published=second,
            acknowledged=second,
        )
        world.brokers.reading = BrokerReading(queues=(queue,), busy={}, busy_at=at)
        if second == 0:
            world.put(stalenessSeconds=15)
        if second == 5:
            world.put(generation=2)
        await world.tick()
        if second == 5:
            assert world.objects.last()["queues"][0]["publishRate"] == 1

    (queue,) = world.objects.last()["queues"]
    assert "publishRate" not in queue
    assert "ackRate" not in queue


@pytest.mark.parametrize(
    ("error", "is_bad_later", "events"),
    [
        pytest.param(Unavailable("too many requests", 1.0), True, 1, id="too many requests"),
        pytest.param(Unavailable("too many requests", 1.0), False, 0, id="no longer bad"),
        pytest.param(AccessRefused("not allowed"), True, 0, id="not allowed"),
    ],
)
async def test_an_event_that_the_api_server_could_not_take_is_published_with_the_next_status(
    world, error: Exception, *, is_bad_later: bool, events: int
):
    world.objects.event_error = error
    world.brokers.away["broker"] = missing("worker")
    world.begin(1, 0, minReplicas=1)
    await world.tick()
    world.objects.event_error = None
    if not is_bad_later:
        world.brokers.away.clear()
    await world.ticks(60)

    assert world.objects.events == [("worker", "Warning", "QueueNotFound")] * events
    assert len(world.objects.statuses) <= 3


async def test_an_object_that_changes_ten_times_a_second_is_written_once_a_second(world):
    changing: list[int] = []
    world.begin(1, 0, maxReplicas=5)
    for tenth in range(100):
        world.put(maxReplicas=5 + tenth % 2, generation=2 + tenth)
        await world.tick(0.1)
    changing.append(len(world.objects.statuses))
    await world.tick(1.0)

    assert 8 <= changing[0] <= 11
    assert world.objects.last()["observedGeneration"] == 101


@pytest.mark.parametrize(
    ("cooldown", "seconds", "reason"),
    [(0, 9, "Work"), (0, 11, "NoWork"), (60, 59, "Work"), (60, 61, "NoWork")],
)
async def test_a_workload_is_active_for_its_cooldown_and_for_10_s_at_least(
    world, cooldown, seconds, reason
):
    world.begin(1, 5, minReplicas=1, idle={"cooldownSeconds": cooldown})
    await world.tick()
    world.brokers.ready["worker"] = 0
    await world.tick(seconds)
    view = world.history.view
    assert [each.reason for each in view.conditions if each.type == "Active"] == [reason]


async def test_the_last_decision_has_the_desired_count_of_the_status(world):
    """While a change is refused, `desiredReplicas` was 25 beside "need 10 replicas"."""
    written: list[int] = []
    world.begin(1, 95)
    world.workloads.errors["worker"] = AccessRefused("not allowed")
    for second in range(60):
        world.brokers.ready["worker"] = 95 if second < 15 else 245
        await world.tick()
        written.append(len(world.objects.statuses))

    status = world.objects.status()
    assert status["desiredReplicas"] == 25
    assert "245 messages at 10 per replica need 25 replicas." in status["lastDecision"]["message"]
    assert status["decisions"][0]["message"] == status["lastDecision"]["message"]
    assert len(status["decisions"]) == 1
    assert written[-1] == written[14] + 1


async def test_the_last_decision_at_the_maximum_has_what_is_needed_when_a_status_is_written(world):
    world.begin(5, 95, maxReplicas=5)
    for second in range(60):
        world.brokers.ready["worker"] = 95 if second < 15 else 245
        if second == 30:
            world.put(maxReplicas=5, generation=2)
        await world.tick()

    objects = world.objects
    assert objects.status()["lastDecision"]["raw"] == 25
    assert objects.status()["lastDecision"]["reason"] == "TooManyReplicas"
    assert len(objects.status()["decisions"]) == 1


async def test_64_writes_of_a_namespace_wait_and_others_are_left_out():
    world, guard = World(), SimpleNamespace(allows_writes=lambda _: False)
    scheduler = world.scheduler
    writer = StatusWriter(world.objects, guard, world.clock, world.record, scheduler)
    state = AutoscalerState(read_autoscaler(body()), 0, OperatorClaim(""))
    async with AsyncExitStack() as stack:
        for _ in range(STATUS_WRITES.of_namespace):
            await stack.enter_async_context(scheduler.turn(STATUS_WRITES, "shop"))
        for _ in range(65):
            writer.start(state)
            await asyncio.sleep(0)
        assert scheduler.waiting(STATUS_WRITES, "shop") == 64


async def test_a_queue_and_a_pattern_of_one_name_are_in_the_status_once(world):
    """The API server refuses a list with two entries of one key, and so the whole status."""
    queue = reading(name="worker", ready=0, read_at=world.clock.now)
    pattern = replace(queue, ready=missing("worker"), consumers=missing("worker"))
    world.brokers.reading = BrokerReading(queues=(queue, pattern), busy={})
    world.begin(1, 0)
    await world.tick()

    assert [each.get("ready") for each in world.objects.last()["queues"]] == [0]
