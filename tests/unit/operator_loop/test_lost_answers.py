"""An API server that answers late or seldom, or loses the answer of what it has done."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from mare.custom_resource.autoscaler import Key
from mare.domain.unknown import Unknown
from mare.loop import status_writer
from mare.ports import Unavailable
from tests.unit.operator_loop.worlds import World, settle

POLICIES = {"scaleUp": {"policies": [{"type": "Pods", "value": 50, "periodSeconds": 600}]}}


def deliver(world: World, **fields) -> None:
    """Bring the object as the API server has it, by an event of the watch."""
    world.put(version=world.objects.stored["worker"], status=world.objects.status(), **fields)


def change(world: World, **fields) -> None:
    """Change the object as its owner, and bring the event at once."""
    world.put(status=world.objects.status(), **fields)


async def hang_others(world: World, count: int) -> None:
    """Begin further objects whose status writes get no answer; four take all places."""
    world.objects.answers, world.objects.answers_first = asyncio.Event(), "worker"
    for number in range(count):
        world.begin(1, 5, f"other-{number}")
    await world.tick()


async def test_an_answer_that_comes_after_a_later_event_does_not_bring_an_older_version(world):
    """Each later write had the version of before, and the object was neither scaled nor written."""
    world.begin(1, 5)
    await world.ticks(3)
    world.objects.late_answers = asyncio.Event()
    change(world, generation=2, maxReplicas=40)
    await world.ticks(2)
    deliver(world, generation=2, maxReplicas=40)
    change(world, generation=3, maxReplicas=30)
    world.objects.late_answers.set()
    world.objects.late_answers = None
    world.brokers.ready["worker"] = 95
    await world.ticks(20)

    assert world.objects.status()["observedGeneration"] == 3
    assert world.workloads.done


async def test_a_change_does_not_wait_for_the_status_of_the_change_before(world):
    """Four writes of other objects that hang stopped it for as long, at a busy API server."""
    world.begin(1, 5)
    await world.ticks(2)
    await hang_others(world, 4)
    world.brokers.ready["worker"] = 95
    await world.ticks(2)
    first = len(world.workloads.done)
    world.brokers.ready["worker"] = 4_000
    await world.ticks(20)

    assert first == 1
    assert len(world.workloads.done) > 1
    world.objects.answers.set()
    await world.ticks(3)
    assert world.objects.status()["currentReplicas"] == world.workloads.scales["worker"].replicas


async def test_a_change_does_not_wait_for_a_queued_status_after_a_conflict(world):
    world.begin(1, 5)
    conflict = world.objects.answers = asyncio.Event()
    await world.tick()
    change(world, generation=2, maxReplicas=40)  # the event comes before the conflict
    await hang_others(world, 8)
    conflict.set()
    await world.ticks(5)
    world.brokers.ready["worker"] = 95
    await world.ticks(10)

    assert world.workloads.done


@pytest.mark.parametrize("error", [Unavailable("504"), KeyError("resourceVersion")])
@pytest.mark.parametrize("event", ["before the retry", "after the retry"])
async def test_a_status_whose_answer_is_lost_does_not_stay(world, error: Exception, event: str):
    world.begin(1, 5)
    await world.ticks(30)
    before = world.objects.status()["lastDecision"]["reason"]
    world.objects.lost_answer = error
    world.brokers.ready["worker"] = Unknown("QueueNotFound", "queue worker does not exist")
    while world.objects.status()["lastDecision"]["reason"] == before:
        await world.tick(0.25)
    world.objects.lost_answer = None
    world.brokers.ready["worker"] = 5
    if event == "before the retry":
        deliver(world)
    else:
        await world.ticks(5)
        deliver(world)
    await world.ticks(60)

    assert world.objects.status()["lastDecision"]["reason"] == before
    assert world.objects.condition("Ready")[0] == "True"


async def test_an_event_of_an_own_write_that_overtakes_its_answer_is_not_of_another_replica(world):
    world.begin(1, 5)
    await world.ticks(3)
    world.objects.late_answers = asyncio.Event()
    world.brokers.ready["worker"] = 95
    await world.tick()
    deliver(world)
    world.objects.late_answers.set()
    await settle()

    assert not world.loop._states[Key("shop", "worker")].others_have_learnt


async def test_a_status_that_comes_before_the_loss_of_the_lease_is_noticed_is_adopted(world):
    world.begin(1, 5)
    await world.ticks(60)
    world.leads = False
    status = world.objects.status()
    for each in status["conditions"]:
        if each["type"] == "Ready":
            each.update(status="False", reason="BrokerUnreachable")
    world.objects.statuses.append(("worker", status))
    change(world)
    await world.ticks(2)
    world.leads = True
    await world.ticks(30)

    assert world.objects.condition("Ready")[0] == "True"


async def test_an_event_that_is_answered_late_is_published_once(world):
    world.begin(1, 5)
    await world.ticks(30)
    world.objects.event_answers = asyncio.Event()
    world.brokers.ready["worker"] = Unknown("QueueNotFound", "queue worker does not exist")
    await world.ticks(40)
    written = len(world.objects.statuses)
    world.objects.event_answers.set()
    await settle()

    assert [reason for _, _, reason in world.objects.events].count("QueueNotFound") == 1
    assert written <= 4


async def test_a_write_that_waits_is_known_while_another_one_publishes_its_event(world):
    world.begin(1, 5)
    await world.ticks(30)
    published = world.objects.event_answers = asyncio.Event()
    world.brokers.ready["worker"] = Unknown("QueueNotFound", "queue a does not exist")
    await world.ticks(2)
    await hang_others(world, 4)
    world.brokers.ready["worker"] = Unknown("QueueNotFound", "queue b does not exist")
    await world.ticks(15)
    stored = world.loop._states[Key("shop", "worker")].stored
    assert stored.waiting == 1
    published.set()
    await settle()

    assert stored.waiting == 1
    world.objects.answers.set()
    await settle()
    assert stored.waiting == 0


async def test_a_count_that_was_recorded_for_a_change_that_failed_does_not_stay(world):
    world.begin(5, 5, behavior=POLICIES)
    await world.ticks(30)
    world.workloads.have("worker", 7)
    world.workloads.behind.add("worker")  # it has five again, which the watch has not brought yet
    world.brokers.ready["worker"] = 400
    async with asyncio.timeout(5):
        while world.objects.status()["currentReplicas"] != 7:
            await world.tick(0.25)
    world.brokers.ready["worker"] = 5
    world.workloads.have("worker", 5)
    await world.ticks(40)

    assert world.objects.status()["currentReplicas"] == world.workloads.scales["worker"].replicas


async def test_an_event_with_an_odd_answer_is_published_later(world):
    world.begin(1, 5)
    await world.ticks(30)
    world.objects.event_error = RuntimeError("odd answer")
    world.brokers.ready["worker"] = Unknown("QueueNotFound", "queue worker does not exist")
    await world.ticks(3)
    world.objects.event_error = None
    await world.ticks(30)

    assert [reason for _, _, reason in world.objects.events].count("QueueNotFound") == 1


async def test_events_that_fail_do_not_write_the_status_each_10_s(world):
    world.begin(1, 5)
    await world.ticks(30)
    world.objects.event_error = Unavailable("503")
    world.brokers.ready["worker"] = Unknown("QueueNotFound", "queue worker does not exist")
    before = len(world.objects.statuses)
    await world.ticks(600)
    assert len(world.objects.statuses) - before <= 12
    world.objects.event_error = None
    await world.ticks(700)

    assert [reason for _, _, reason in world.objects.events].count("QueueNotFound") == 1


async def test_all_objects_of_a_namespace_that_change_all_the_time_are_written_in_turn(
    world, monkeypatch: pytest.MonkeyPatch
):
    """Those that were read first took each place, and 11 of 60 had none in two minutes."""
    monkeypatch.setattr(status_writer, "_MOST_WAITING", 4)
    names = [f"worker-{number}" for number in range(60)]
    answers = asyncio.Semaphore(0)
    world.objects.answers = SimpleNamespace(wait=answers.acquire)
    for name in names:
        world.begin(1, 5, name, dryRun=True)
    for second in range(90):
        for number, name in enumerate(names):
            world.brokers.ready[name] = 10 * ((second + number) % 40) + 5
        await world.tick()
        for _ in range(2):
            answers.release()
        await settle(20)
    written = Counter(name for name, _ in world.objects.statuses)

    assert [written[name] for name in names] == [3] * 60
