"""Changes of a workload during which the object, the workload or the operator changes."""

import asyncio

import pytest

from mare.ports import Unavailable
from mare.watch_events import handle_event
from tests.unit.operator_loop.test_lost_answers import POLICIES, change, hang_others
from tests.unit.operator_loop.worlds import AT_ONCE, body, settle

OTHER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}


@pytest.mark.parametrize("answer", ["late", "lost"])
async def test_a_change_that_is_under_way_at_the_deletion_is_restored(
    world, answer: str, monkeypatch: pytest.MonkeyPatch
):
    """The workload kept its ten replicas for ever."""
    monkeypatch.setattr("mare.loop.restorer._LATE_SECONDS", 0.1)
    monkeypatch.setattr("mare.loop.restorer._STEP_SECONDS", 0.01)
    world.begin(1, 95, onDelete="Restore", **AT_ONCE)
    answers = world.workloads.answers = asyncio.Event()
    await world.tick()
    handle_event(world.loop, "DELETED", body(onDelete="Restore", **AT_ONCE))
    await settle()
    world.workloads.answers = None
    if answer == "lost":
        world.workloads.errors["worker"] = Unavailable("504")
    answers.set()
    await settle()
    if answer == "lost":
        world.workloads.errors.clear()
        world.workloads.have("worker", 10)
    async with asyncio.timeout(5):
        while world.workloads.scales["worker"].replicas != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_change_of_another_target_is_not_written_over_counts_of_the_new_one(world):
    world.workloads.have("other", 3)
    world.begin(1, 5, behavior=POLICIES)
    await world.ticks(2)
    await hang_others(world, 4)
    world.brokers.ready["worker"] = 95
    await world.ticks(2)
    assert world.workloads.done
    before = len(world.objects.statuses)
    change(world, generation=2, behavior=POLICIES, scaleTargetRef=OTHER)
    world.objects.answers.set()
    await settle()
    await world.ticks(3)
    written = [status for name, status in world.objects.statuses[before:] if name == "worker"]

    assert {each["workload"] for each in written if "workload" in each} == {"apps/Deployment/other"}


@pytest.mark.parametrize("error", [None, Unavailable("504")])
async def test_a_change_that_is_answered_after_one_of_the_target_is_none_of_the_new_workload(
    world, error: Exception | None
):
    """Its policies were spent by the other one, for the time of their periods."""
    policy = {"type": "Pods", "value": 20, "periodSeconds": 600}
    behavior = {"scaleUp": {"policies": [policy]}}
    world.workloads.have("other", 10)
    world.begin(1, 5, behavior=behavior)
    await world.ticks(3)
    world.workloads.answers = asyncio.Event()
    world.brokers.ready["worker"] = 95
    await world.tick()
    change(world, generation=2, behavior=behavior, scaleTargetRef=OTHER)
    await world.ticks(2)
    if error is not None:
        world.workloads.errors["worker"] = error
    world.workloads.answers.set()
    await settle()
    world.brokers.ready["worker"] = 1_000
    await world.ticks(3)

    assert world.workloads.sent == ["worker", "other"]
    assert world.workloads.done[-1] == ("other", 30)


async def test_an_unexpected_error_after_a_conflict_is_a_failure(
    world, monkeypatch: pytest.MonkeyPatch
):
    async def odd(target: object) -> None:
        raise KeyError("resourceVersion")

    monkeypatch.setattr(world.workloads, "refresh", odd)
    world.workloads.behind.add("worker")
    world.begin(1, 95)
    await world.ticks(4)

    assert world.record.failures
    assert world.objects.condition("AbleToScale")[1] == "Unavailable"


async def test_a_change_that_ends_while_the_operator_stops_leaves_no_task(world):
    world.workloads.have("worker", 10, grace_seconds=600)
    world.brokers.ready["worker"] = 0
    world.workloads.answers = asyncio.Event()
    world.put(**AT_ONCE)
    while not world.workloads.sent:
        await world.tick()
    closing = asyncio.create_task(world.loop.close())
    await settle()
    world.workloads.answers.set()
    await closing

    assert asyncio.all_tasks() == {asyncio.current_task()}
