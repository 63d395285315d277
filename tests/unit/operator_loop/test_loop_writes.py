"""The loop and an API server that is slow, away or asks for time: what is written, and when."""

import asyncio

import pytest

from mare.ports import AccessRefused, Unavailable
from tests.unit.operator_broker import virtual_time


async def test_a_retry_after_of_the_api_server_delays_all_requests(world):
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
    await world.ticks(9)
    assert (world.workloads.done, world.objects.statuses) == ([], [])
    world.brokers.ready["other"] = 195
    await world.ticks(3)

    assert sorted(world.workloads.done) == [("other", 20), ("worker", 10)]


async def test_a_retry_after_of_the_api_server_is_bounded(world):
    for name in ("worker", "other"):
        world.begin(0, 0, name)
    await world.tick()
    world.brokers.ready["other"] = 95
    world.workloads.errors["other"] = Unavailable("away", retry_after=86_400)
    await world.tick()
    world.brokers.ready["worker"] = 95
    await world.ticks(31)

    assert world.workloads.done == [("worker", 10)]


async def test_a_burst_does_not_wait_for_the_statuses_of_all_others(world):
    world.objects.answers, world.objects.answers_first = asyncio.Event(), "worker"
    for name in ["worker", *(f"w{number}" for number in range(100))]:
        world.begin(0, 0, name)
    await world.tick()
    world.brokers.ready["worker"] = 95
    await world.tick()
    assert {name for name, _ in world.objects.statuses} <= {"worker"}

    assert world.workloads.done == [("worker", 10)]


async def test_an_operator_that_stops_waits_5_s_for_an_answer_of_the_api_server(world):
    world.objects.answers = asyncio.Event()
    world.begin(0, 0)
    await world.tick()
    begun = virtual_time.now()
    async with asyncio.timeout(60):
        await world.loop.close()
    assert virtual_time.now() - begun == pytest.approx(5)


async def test_a_change_whose_status_could_not_be_written_is_written_down_later(world):
    world.objects.error = Unavailable("away")
    world.begin(0, 95, status={"originalReplicas": 0})
    await world.tick()
    assert world.workloads.done == [("worker", 10)]
    assert (world.objects.statuses, len(world.record.failures)) == ([], 1)
    world.objects.error = None
    world.brokers.ready["worker"] = 60
    await world.ticks(20)

    statuses = [status for _, status in world.objects.statuses]
    assert [each["to"] for each in statuses[-1]["decisions"]][-1:] == [10]
    assert statuses[-1]["decisions"][-1]["from"] == 0
    assert ["lastScaleTime" in each for each in statuses][:1] == [True]
    assert statuses[-1]["depth"] == 60


async def test_a_new_term_counts_a_change_whose_answer_was_lost_once(world):
    world.workloads.errors["worker"] = Unavailable("no answer")
    policy = {"type": "Pods", "value": 4, "periodSeconds": 60}
    world.begin(1, 30, behavior={"scaleUp": {"policies": [policy]}})
    await world.tick()
    world.workloads.errors.clear()
    world.workloads.have("worker", 3)
    world.brokers.ready["worker"] = 500
    world.term = 2
    await world.ticks(5)

    assert world.workloads.done == [("worker", 5)]


async def test_a_problem_ends_when_the_object_becomes_a_dry_run(world):
    world.workloads.errors["worker"] = AccessRefused("not allowed")
    world.begin(0, 95)
    await world.tick()
    await world.tick(0.3)
    assert world.objects.condition("AbleToScale")[0] == "False"
    world.put(dryRun=True, generation=2)
    await world.tick()

    assert world.objects.condition("AbleToScale")[0] == "True"


async def test_a_failure_of_a_change_that_is_no_longer_wanted_is_not_the_problem_of_a_later_one(
    world,
):
    """Hours later, a successful change published the Warning of the failed one."""
    world.begin(1, 95)
    world.workloads.errors["worker"] = AccessRefused("not allowed")
    await world.ticks(15)
    assert world.objects.condition("AbleToScale") == ("False", "Forbidden")
    world.brokers.ready["worker"] = 5
    await world.ticks(15)
    assert world.objects.condition("AbleToScale") == ("True", "Able")
    world.workloads.errors.clear()
    world.objects.statuses.clear()
    world.objects.events.clear()
    world.brokers.ready["worker"] = 95
    await world.ticks(15)

    assert world.workloads.done == [("worker", 10)]
    assert world.objects.events == [("worker", "Normal", "LoadGrew")]
    conditions = [each for _, status in world.objects.statuses for each in status["conditions"]]
    assert {e["reason"] for e in conditions if e["type"] == "AbleToScale"} == {"Able"}


async def test_statuses_that_wait_for_an_api_server_are_made_when_it_is_their_turn(world):
    names = [f"worker-{number}" for number in range(40)]
    world.objects.answers = asyncio.Event()
    for name in names:
        world.begin(0, 0, name)
    await world.tick()
    world.clock.now += 60
    world.objects.answers.set()
    for _ in range(100):
        await asyncio.sleep(0)

    assert [name for name, _ in world.objects.statuses] == names
    made = [status["conditions"][0]["lastTransitionTime"] for _, status in world.objects.statuses]
    assert made == sorted(made)
    assert made.count(made[0]) < len(names) // 2
