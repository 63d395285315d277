"""The loop and an API server that is slow, away or asks for time: what is written, and when."""

import asyncio

import pytest

from mare.ports import AccessRefused, Unavailable
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.worlds import World, run


def test_a_retry_after_of_the_api_server_delays_the_next_change():
    async def timeline(world: World) -> None:
        world.workloads.have("worker", 0)
        world.brokers.ready["worker"] = 95
        world.workloads.errors["worker"] = Unavailable("too many requests", retry_after=30)
        world.put()
        await world.tick()
        world.workloads.errors.clear()
        for _ in range(29):
            await world.tick()
        assert world.workloads.done == []
        for _ in range(3):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 10)]


def test_a_retry_after_of_the_api_server_delays_all_requests():
    async def timeline(world: World) -> None:
        names = ["worker", "other"]
        for name in names:
            world.begin(0, 0, name, status={"originalReplicas": 0})
        await world.tick()
        world.objects.statuses.clear()
        for name, seconds in zip(names, (10, 2), strict=True):
            world.brokers.ready[name] = 95
            world.workloads.errors[name] = Unavailable("too many requests", retry_after=seconds)
        world.workloads.answers = asyncio.Event()
        await world.tick()
        assert world.workloads.sent == names
        world.workloads.answers.set()
        await world.tick(0.0)
        world.workloads.errors.clear()
        for _ in range(9):
            await world.tick()
        assert (world.workloads.done, world.objects.statuses) == ([], [])
        world.brokers.ready["other"] = 195
        for _ in range(3):
            await world.tick()

    assert sorted(run(timeline).workloads.done) == [("other", 20), ("worker", 10)]


def test_a_retry_after_of_the_api_server_is_bounded():
    async def timeline(world: World) -> None:
        for name in ("worker", "other"):
            world.begin(0, 0, name)
        await world.tick()
        world.brokers.ready["other"] = 95
        world.workloads.errors["other"] = Unavailable("away", retry_after=86_400)
        await world.tick()
        world.brokers.ready["worker"] = 95
        for _ in range(31):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 10)]


def test_a_burst_does_not_wait_for_the_statuses_of_all_others():
    async def timeline(world: World) -> None:
        world.objects.answers, world.objects.answers_first = asyncio.Event(), "worker"
        for name in ["worker", *(f"w{number}" for number in range(100))]:
            world.begin(0, 0, name)
        await world.tick()
        world.brokers.ready["worker"] = 95
        await world.tick()
        assert {name for name, _ in world.objects.statuses} <= {"worker"}

    assert run(timeline).workloads.done == [("worker", 10)]


def test_a_status_that_cannot_be_written_is_written_later():
    async def timeline(world: World) -> None:
        world.workloads.have("worker", 0)
        world.brokers.ready["worker"] = 95
        world.objects.error = Unavailable("away")
        world.put()
        for _ in range(5):
            await world.tick()
        assert world.objects.statuses == []
        assert world.record.failures
        world.objects.error = None
        for _ in range(20):
            await world.tick()

    world = run(timeline)

    assert world.objects.last()["desiredReplicas"] == 10


def test_an_operator_that_stops_waits_5_s_for_an_answer_of_the_api_server():
    async def timeline(world: World) -> None:
        world.objects.answers = asyncio.Event()
        world.begin(0, 0)
        await world.tick()
        begun = virtual_time.now()
        async with asyncio.timeout(60):
            await world.loop.close()
        assert virtual_time.now() - begun == pytest.approx(5)

    run(timeline)


def test_a_change_whose_status_could_not_be_written_is_written_down_later():
    async def timeline(world: World) -> None:
        world.workloads.have("worker", 0)
        world.brokers.ready["worker"] = 95
        world.objects.error = Unavailable("away")
        world.put(status={"originalReplicas": 0})
        await world.tick()
        assert world.workloads.done == [("worker", 10)]
        world.objects.error = None
        world.brokers.ready["worker"] = 60
        for _ in range(20):
            await world.tick()

    statuses = [status for _, status in run(timeline).objects.statuses]

    assert [each["to"] for each in statuses[-1]["decisions"]][-1:] == [10]
    assert statuses[-1]["decisions"][-1]["from"] == 0
    assert ["lastScaleTime" in each for each in statuses][:1] == [True]
    assert statuses[-1]["depth"] == 60


def test_a_new_term_counts_a_change_whose_answer_was_lost_once():
    async def timeline(world: World) -> None:
        world.workloads.errors["worker"] = Unavailable("no answer")
        policy = {"type": "Pods", "value": 4, "periodSeconds": 60}
        world.begin(1, 30, behavior={"scaleUp": {"policies": [policy]}})
        await world.tick()
        world.workloads.errors.clear()
        world.workloads.have("worker", 3)
        world.brokers.ready["worker"] = 500
        world.term = 2
        for _ in range(5):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 5)]


def test_a_problem_ends_when_the_object_becomes_a_dry_run():
    async def timeline(world: World) -> None:
        world.workloads.have("worker", 0)
        world.brokers.ready["worker"] = 95
        world.workloads.errors["worker"] = AccessRefused("not allowed")
        world.put()
        await world.tick()
        await world.tick(0.3)
        assert world.objects.condition("AbleToScale")[0] == "False"
        world.put(dryRun=True, generation=2)
        await world.tick()

    assert run(timeline).objects.condition("AbleToScale")[0] == "True"


def test_a_failure_of_a_change_that_is_no_longer_wanted_is_not_the_problem_of_a_later_one():
    """Hours later, a successful change published the Warning of the failed one."""

    async def timeline(world: World) -> None:
        world.begin(1, 95)
        world.workloads.errors["worker"] = AccessRefused("not allowed")
        for _ in range(15):
            await world.tick()
        assert world.objects.condition("AbleToScale") == ("False", "Forbidden")
        world.brokers.ready["worker"] = 5
        for _ in range(15):
            await world.tick()
        assert world.objects.condition("AbleToScale") == ("True", "Able")
        world.workloads.errors.clear()
        world.objects.statuses.clear()
        world.objects.events.clear()
        world.brokers.ready["worker"] = 95
        for _ in range(15):
            await world.tick()

    world = run(timeline)

    assert world.workloads.done == [("worker", 10)]
    assert world.objects.events == [("worker", "Normal", "LoadGrew")]
    conditions = [each for _, status in world.objects.statuses for each in status["conditions"]]
    assert {e["reason"] for e in conditions if e["type"] == "AbleToScale"} == {"Able"}


def test_statuses_that_wait_for_an_api_server_are_made_when_it_is_their_turn():
    names = [f"worker-{number}" for number in range(40)]

    async def timeline(world: World) -> None:
        world.objects.answers = asyncio.Event()
        for name in names:
            world.begin(0, 0, name)
        await world.tick()
        world.clock.now += 60
        world.objects.answers.set()
        for _ in range(100):
            await asyncio.sleep(0)

    world = run(timeline)

    assert [name for name, _ in world.objects.statuses] == names
    made = [status["conditions"][0]["lastTransitionTime"] for _, status in world.objects.statuses]
    assert made == sorted(made)
    assert made.count(made[0]) < len(names) // 2
