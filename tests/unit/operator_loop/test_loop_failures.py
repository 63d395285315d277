"""The loop among things that fail: what it does with errors, and that they stay apart."""

import asyncio

import pytest

from mare.ports import AccessRefused, NotFound, Rejected, Unavailable
from tests.unit.operator_loop.fakes import Clock


async def test_a_broker_that_never_answers_does_not_delay_the_objects_of_another(world):
    world.workloads.have("worker", 0)
    world.workloads.have("stuck", 5)
    world.brokers.ready |= {"worker": 95, "stuck": 0}
    world.brokers.slow = {"elsewhere"}
    world.put("stuck", secret="elsewhere")
    world.put()
    await world.ticks(5)

    assert world.workloads.done == [("worker", 10)]
    assert world.brokers.reads.count(["stuck"]) == 1


async def test_a_workload_that_cannot_be_read_after_a_conflict_is_reported_and_scaled_later(world):
    async def refresh(_: object) -> None:
        raise Unavailable("away")

    world.workloads.refresh = refresh  # type: ignore[method-assign]
    world.workloads.behind = {"worker"}
    world.begin(0, 95)
    await world.tick()
    await world.tick(0.3)
    assert world.objects.condition("AbleToScale") == ("False", "Unavailable")
    world.workloads.behind.clear()
    await world.ticks(20)

    assert world.workloads.done == [("worker", 10)]


async def test_an_object_that_cannot_be_decided_is_reported_once_and_the_others_continue(
    world, caplog: pytest.LogCaptureFixture
):
    world.workloads.have("worker", 0)
    world.workloads.have("odd", "many")
    world.brokers.ready |= {"worker": 95, "odd": 95}
    world.put("odd")
    world.put()
    await world.ticks(40, 0.25)

    assert world.workloads.done == [("worker", 10)]
    assert world.objects.condition("AbleToScale", "odd") == ("False", "NotDecided")
    assert world.objects.condition("Ready", "odd") == ("False", "NotDecided")
    assert [name for name, _ in world.objects.statuses].count("odd") == 1
    assert world.objects.events.count(("odd", "Warning", "NotDecided")) == 1
    assert [record.message for record in caplog.records] == ["Object could not be decided"]
    assert "TypeError: '>' not supported" in str(world.objects.last("odd")["conditions"])
    assert list(world.record.failures) == [Clock.now + 0.25]


async def test_a_broker_whose_answers_are_not_understood_leaves_its_queues_unknown(
    world, caplog: pytest.LogCaptureFixture
):
    world.workloads.have("worker", 5)
    world.workloads.have("odd", 5)
    world.brokers.ready |= {"worker": 95, "odd": 95}
    world.brokers.odd["elsewhere"] = ValueError("amqp://user:secret@host")
    world.put("odd", secret="elsewhere", fallback={"replicas": 9, "afterSeconds": 20})
    world.put()
    await world.ticks(40)

    assert sorted(world.workloads.done) == [("odd", 9), ("worker", 10)]
    assert world.objects.condition("MetricsFresh", "odd") == ("False", "NotUnderstood")
    assert [record.message for record in caplog.records] == ["Queues could not be read"]
    assert "secret@" not in str(world.objects.statuses)


@pytest.mark.parametrize(
    ("spec", "done", "ready"), [({}, [("worker", 10)], "Ready"), ({"dryRun": True}, [], "DryRun")]
)
async def test_an_object_that_can_be_decided_again_becomes_ready(world, spec, done, ready):
    world.begin("many", 95, **spec)
    await world.tick()
    assert world.objects.condition("Ready")[0] == "False"
    world.workloads.have("worker", 0)
    await world.ticks(3)

    assert world.workloads.done == done
    assert world.objects.condition("Ready") == ("True", ready)


async def test_an_invalid_schedule_is_reported_and_all_else_applies(world):
    sound = {"start": "* * * * *", "end": "0 0 1 1 *", "minReplicas": 12}
    wrong = [{**sound, "timezone": "America/Recive"}, {**sound, "start": "0 25 * * *"}]
    world.begin(0, 95, schedules=[sound, *wrong])
    await world.ticks(20)
    world.mended = dict(world.objects.last())
    world.put(schedules=[sound], generation=2)
    await world.ticks(20)

    assert world.workloads.done == [("worker", 12)]
    condition = {each["type"]: each for each in world.mended["conditions"]}["SchedulesValid"]
    assert (condition["status"], condition["reason"]) == ("False", "ScheduleWrong")
    assert "spec.schedules[1] is ignored: 'America/Recive' is no time zone" in condition["message"]
    assert "spec.schedules[2] is ignored: start '0 25 * * *'" in condition["message"]
    assert world.objects.events.count(("worker", "Warning", "ScheduleWrong")) == 1
    assert world.objects.condition("SchedulesValid") == ("True", "Valid")


async def test_after_a_conflict_the_workload_is_read_and_decided_again_at_once(world):
    world.workloads.behind = {"worker"}
    world.begin(0, 95)
    await world.tick()
    assert world.workloads.done == []
    await world.tick(0.05)

    assert world.workloads.done == [("worker", 10)]
    assert world.metric("scale_conflicts_total") == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AccessRefused("not allowed"), "Forbidden"),
        (NotFound("gone"), "WorkloadNotFound"),
        (Unavailable("away"), "Unavailable"),
        (Rejected("a policy allows 5 replicas"), "ScaleRefused"),
    ],
)
async def test_a_failed_change_is_reported_and_retried_with_growing_pauses(
    world, error: Exception, reason: str
):
    attempts = []
    world.workloads.errors["worker"] = error
    world.begin(0, 95)
    for _ in range(60):
        before = world.loop._states[("shop", "worker")].scale_attempts.due
        await world.tick(0.5)
        if world.loop._states[("shop", "worker")].scale_attempts.due != before:
            attempts.append(world.clock.now)
    assert world.objects.condition("AbleToScale") == ("False", reason)
    assert str(error) in str(world.objects.last()["conditions"])
    world.workloads.errors.clear()
    await world.ticks(40, 0.5)

    assert len(attempts) <= 7
    assert list(world.record.failures) == attempts
    assert world.workloads.done == [("worker", 10)]
    assert world.objects.condition("AbleToScale")[0] == "True"


async def test_closing_ends_a_round_whose_broker_does_not_answer(world):
    world.brokers.slow = {"broker"}
    world.begin(1, 5)
    await world.tick()

    await world.loop.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}
