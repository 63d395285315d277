"""A write that had to wait is sent only if it is still right."""

import asyncio
from collections.abc import Callable

import pytest

from mare.custom_resource.autoscaler import Key
from mare.domain.unknown import Unknown
from mare.ports import Unavailable
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import STATUS_WRITES
from mare.watch_events import handle_event
from tests.unit.operator_loop.worlds import World, body, settle

SLOTS = 16
"""Changes of the replicas of a namespace at the same time."""
STATUS_SLOTS = 4
NAMES = [f"worker-{number}" for number in range(40)]
BUSY = {"10.0.0.1": 3, "10.0.0.2": 0, "10.0.0.3": 0}
AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0}}


def lose_leadership(world: World) -> None:
    world.leads = False


def pause(world: World) -> None:
    for name in NAMES:
        world.put(name, generation=2, paused="All")


def delete(world: World) -> None:
    for name in NAMES:
        handle_event(world.loop, "DELETED", body(name))


def start_deletion(world: World) -> None:
    for name in NAMES:
        event = body(name)
        event["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"
        handle_event(world.loop, "MODIFIED", event)


def create_anew(world: World) -> None:
    for name in NAMES:
        world.put(name, uid=f"new-{name}", paused="All")


CHANGES = [lose_leadership, pause, delete, start_deletion, create_anew]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_that_waits_for_a_slot_is_not_sent_when_it_is_out_of_date(
    world, change: Callable[[World], None]
):
    for name in NAMES:
        world.begin(0, 95, name)
    world.workloads.answers = asyncio.Event()
    await world.tick()
    assert len(world.workloads.sent) == SLOTS
    change(world)
    world.workloads.answers.set()
    await settle()
    await world.ticks(3)

    assert len(world.workloads.sent) == SLOTS


@pytest.mark.parametrize("change", CHANGES)
async def test_a_scale_down_is_not_sent_when_it_went_out_of_date_while_pods_were_marked(
    world, change: Callable[[World], None]
):
    name = NAMES[0]
    world.brokers.busy = BUSY
    world.begin(3, 5, name, minReplicas=1, behavior=AT_ONCE)
    world.workloads.answers = asyncio.Event()
    await world.tick()
    assert world.workloads.sent == [name]
    change(world)
    world.workloads.answers.set()
    await settle()

    assert world.workloads.marking_allowed is False
    assert world.workloads.done == []


@pytest.mark.parametrize("reading", [35, Unknown("Unavailable", "away")])
async def test_a_scale_down_is_not_sent_when_its_replicas_are_needed_once_pods_are_marked(
    world, reading: int | Unknown
):
    """The API server took two minutes, and the eight replicas that went were busy by then."""
    name = NAMES[0]
    world.brokers.busy = BUSY
    world.begin(3, 5, name, minReplicas=1, behavior=AT_ONCE)
    world.workloads.answers = asyncio.Event()
    await world.tick()
    assert world.workloads.sent == [name]
    world.brokers.ready[name] = reading
    await world.tick()
    world.workloads.answers.set()
    await settle()

    assert world.workloads.marking_allowed is False
    assert world.workloads.done == []


@pytest.mark.parametrize("change", [lose_leadership, delete, start_deletion])
async def test_a_status_that_waits_for_a_slot_is_not_written_when_it_is_out_of_date(
    world, change: Callable[[World], None]
):
    world.objects.answers = asyncio.Event()
    for name in NAMES:
        world.begin(0, 0, name)
    await world.tick()
    change(world)
    world.objects.answers.set()
    await settle()

    assert len(world.objects.statuses) == STATUS_SLOTS


async def test_a_status_of_an_older_generation_is_not_written(world):
    world.objects.answers = asyncio.Event()
    for name in NAMES:
        world.begin(0, 0, name)
    await world.tick()
    world.put(NAMES[-1], generation=2)
    world.objects.answers.set()
    await settle()
    assert NAMES[-1] not in [name for name, _ in world.objects.statuses]
    await world.tick()

    assert world.objects.last(NAMES[-1])["observedGeneration"] == 2


@pytest.mark.parametrize("change", [lose_leadership, delete, start_deletion])
async def test_an_event_is_not_published_when_it_is_out_of_date(
    world, change: Callable[[World], None]
):
    name = NAMES[0]
    world.objects.answers = asyncio.Event()
    world.begin(0, 95, name, status={"originalReplicas": 0})
    await world.tick()
    assert world.workloads.done == [(name, 10)]
    change(world)
    world.objects.answers.set()
    await settle()

    assert world.objects.events == []


async def test_an_event_of_a_namespace_that_is_over_its_limit_may_be_published_later(
    world, monkeypatch: pytest.MonkeyPatch
):
    world.begin(0, 5)
    state = world.loop._states[Key("shop", "worker")]

    def refuse(*_: object) -> None:
        raise OverBudget(STATUS_WRITES, "shop")

    monkeypatch.setattr(world.loop.scheduler, "turn", refuse)
    statuses = world.loop._reconciler.statuses
    assert await statuses.publish_event(state, "Warning", "Test", "text") is False


@pytest.mark.parametrize("change", CHANGES)
async def test_a_reading_that_took_long_decides_nothing_when_it_is_out_of_date(
    world, change: Callable[[World], None]
):
    for name in NAMES:
        world.begin(0, 95, name)
    world.brokers.answers = asyncio.Event()
    await world.tick()
    change(world)
    world.brokers.answers.set()
    await settle()

    assert world.workloads.sent == []
    assert not world.record.histories


async def test_a_lapse_of_leadership_does_not_reset_the_window(world):
    window = {"scaleDown": {"stabilizationWindowSeconds": 30}}
    world.begin(10, 5, behavior=window, minReplicas=1)
    for second in range(32):
        world.leads = second not in (10, 11, 25)
        await world.tick()

    assert world.workloads.done == [("worker", 1)]


async def test_a_new_term_resets_the_window(world):
    window = {"scaleDown": {"stabilizationWindowSeconds": 30}}
    world.begin(10, 5, behavior=window, minReplicas=1)
    for second in range(50):
        world.term = 1 if second < 25 else 2
        await world.tick()

    assert world.workloads.done == []


async def test_an_event_that_is_older_than_the_known_version_is_ignored(world):
    world.begin(0, 95, version=110, generation=2, paused="All")
    world.put(version=105, generation=1)
    await world.ticks(5)

    assert world.workloads.sent == []


async def test_a_former_leader_does_not_overwrite_the_status_of_its_successor(
    world, caplog: pytest.LogCaptureFixture
):
    world.begin(0, 95, status={"originalReplicas": 0})
    world.objects.stored["worker"] += 1  # the successor has written; its event is on the way
    await world.tick()
    assert world.workloads.done == [("worker", 10)]
    assert world.objects.statuses == []
    world.put(version=world.objects.stored["worker"])
    for _ in range(4):
        await world.tick()
        world.put(version=world.objects.stored["worker"], status=world.objects.status())

    assert [status["lastDecision"]["to"] for _, status in world.objects.statuses] == [10]
    assert not [each for each in caplog.records if each.levelname in ("WARNING", "ERROR")]


async def test_another_workload_has_no_past(world):
    window = {"scaleDown": {"stabilizationWindowSeconds": 30}}
    world.workloads.have("worker", 0)
    world.workloads.have("other", 20)
    world.brokers.ready["worker"] = 95
    world.put(behavior=window, minReplicas=1)
    await world.ticks(3)
    world.brokers.ready["worker"] = 5
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}
    world.put(behavior=window, minReplicas=1, scaleTargetRef=target, generation=2)
    await world.ticks(25)

    assert "other" not in dict(world.workloads.done)


async def test_a_pause_that_a_status_write_meets_holds_for_changes_as_well(world):
    for name in ("worker", "other"):
        world.workloads.have(name, 0)
        world.brokers.ready[name] = 0
    world.objects.error = Unavailable("too many requests", retry_after=10)
    world.put("other")
    await world.tick()
    world.objects.error = None
    world.brokers.ready["worker"] = 95
    world.put()
    await world.ticks(9)
    assert world.workloads.sent == []
    await world.ticks(3)

    assert world.workloads.done == [("worker", 10)]


async def test_repeated_conflicts_are_retried_at_a_growing_interval(world):
    world.begin(0, 95)
    for _ in range(300):
        world.workloads.behind = {"worker"}
        await world.tick(0.1)

    assert len(world.workloads.sent) <= 8


async def test_a_status_is_not_written_if_what_it_had_to_show_has_passed_when_its_turn_comes(world):
    """On a busy API server, 11,700 of 46,000 statuses of 3,000 objects showed nothing new."""
    for name in NAMES:
        world.begin(0, 0, name)
    await world.ticks(150)
    world.objects.answers, written = asyncio.Event(), len(world.objects.statuses)
    world.brokers.away["broker"] = Unknown("BrokerUnreachable", "the broker does not answer")
    await world.ticks(2)
    del world.brokers.away["broker"]
    await world.ticks(20)
    world.objects.answers.set()
    await world.ticks(60)

    names = [name for name, _ in world.objects.statuses[written:]]
    assert len(set(names)) == STATUS_SLOTS
    assert len(names) == 2 * STATUS_SLOTS


async def test_a_change_does_not_wait_for_the_turn_of_a_status(world):
    """It waited behind the statuses of all other objects of its namespace."""
    world.objects.answers = asyncio.Event()
    for name in NAMES:
        world.begin(1, 5, name)
    await world.ticks(2)
    world.objects.answers = None
    world.brokers.ready[NAMES[-1]] = 95
    await world.tick()

    assert world.workloads.done == [(NAMES[-1], 10)]
