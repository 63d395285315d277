"""Objects beyond the bound of their namespace are not scaled, say so, and are taken later."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from mare.custom_resource.autoscaler import Key, read_autoscaler
from mare.custom_resource.status import MOST_QUEUES
from mare.loop.admission import RETRY_SECONDS, Admission
from mare.loop.object_places import ObjectPlaces, Place
from mare.loop.stored_status import StoredStatus
from mare.ports import Unavailable
from mare.tenant_scheduler import OBJECTS, OWN_MEMORY, STATUS_WRITES, TenantScheduler
from tests.unit.operator_loop.worlds import World, body

_LONG = [{"name": f"{'q' * 250}{number}"} for number in range(40)]
"""A spec with them counts as two objects."""
_REFUSED = ("False", "NamespaceBudgetExceeded")


async def _passes(world: World) -> None:
    for _ in range(3):
        await asyncio.sleep(RETRY_SECONDS)
        await world.tick(1.0)


def _deployed(world: World, *names: str, **spec: Any) -> None:
    """Bring these objects to a namespace that has room for two."""
    for number in range(OBJECTS.reserved - 2):
        world.put(f"other-{number}")
    for name in names:
        world.begin(0, 100, name, **spec)


def _taken(world: World) -> list[str]:
    names = (each.key.name for each in world.loop.autoscalers)
    return [each for each in names if not each.startswith("other-")]


async def test_an_object_beyond_the_bound_is_not_scaled_and_says_so_once():
    world = World(namespace_queues=1)
    _deployed(world, "first", "second", "third")
    await _passes(world)

    assert _taken(world) == ["first", "second"]
    assert world.objects.condition("Ready", "third") == _REFUSED
    assert world.objects.condition("AbleToScale", "third") == _REFUSED
    assert len([each for each, _ in world.objects.statuses if each == "third"]) == 1
    assert [each for each in world.objects.events if each[0] == "third"] == [
        ("third", "Warning", "NamespaceBudgetExceeded")
    ]
    assert world.metric("refused_objects") == 1


@pytest.mark.parametrize("leads", [True, False])
async def test_a_refused_object_is_taken_once_there_is_room(leads):
    world = World(namespace_queues=1, leads=leads)
    _deployed(world, "first", "second", "third")
    await _passes(world)
    assert ("third" in dict(world.objects.statuses)) is leads

    world.loop.remove(Key("shop", "first"), "uid-first")
    await _passes(world)

    assert _taken(world) == ["second", "third"]
    assert world.metric("refused_objects") == 0


async def test_a_refused_object_that_an_event_brings_while_another_one_is_read_keeps_its_place(
    monkeypatch: pytest.MonkeyPatch,
):
    """The bound of its namespace grew by one, and no older object displaced it."""
    world = World(namespace_queues=1)
    _deployed(world, "p", "q", "r", "s")
    await world.tick()
    reading, read = asyncio.Event(), world.objects.read

    async def slow(key: Key) -> Mapping[str, Any]:
        reading.set()
        await asyncio.sleep(0.2)
        return await read(key)

    monkeypatch.setattr(world.objects, "read", slow)
    world.leads = False
    for name in ("p", "q"):
        world.loop.remove(Key("shop", name), f"uid-{name}")
    await reading.wait()
    world.put("s", generation=2)
    await _passes(world)
    world.put("t")

    assert sorted(_taken(world)) == ["r", "s"]


async def test_an_older_object_displaces_the_newest_one_which_says_so_and_is_taken_again():
    world = World(namespace_queues=1)
    _deployed(world, "second", "third")
    await _passes(world)
    world.begin(0, 100, "first", created="2025-01-01T00:00:00Z")
    await _passes(world)
    assert sorted(_taken(world)) == ["first", "second"]
    assert world.objects.condition("Ready", "third") == _REFUSED
    assert world.workloads.get(read_autoscaler(body("first")).target).replicas > 0

    world.loop.remove(Key("shop", "second"), "uid-second")
    await _passes(world)
    assert sorted(_taken(world)) == ["first", "third"]


async def test_an_object_that_grows_over_the_bound_is_not_scaled_until_it_shrinks():
    world = World(namespace_queues=1)
    _deployed(world, "first", "second", onDelete="Restore")
    await _passes(world)
    replicas = world.workloads.get(read_autoscaler(body("second")).target)

    world.put("second", generation=2, queues=_LONG)
    await _passes(world)
    assert _taken(world) == ["first"]
    assert world.workloads.get(read_autoscaler(body("second")).target) == replicas
    world.put("third")
    assert _taken(world) == ["first", "third"]

    world.put("second", generation=3)
    assert _taken(world) == ["first", "second"]


async def test_the_late_deletion_of_an_object_leaves_the_next_one_of_its_name_alone():
    world = World(namespace_queues=1)
    _deployed(world, "first", "second", "third")
    world.put("third", uid="uid-new")
    world.loop.remove(Key("shop", "third"), "uid-third")
    await _passes(world)
    assert world.objects.condition("AbleToScale", "third") == _REFUSED

    world.loop.remove(Key("shop", "first"), "uid-first")
    await _passes(world)
    assert _taken(world) == ["second", "third"]

    world.put("second", uid="uid-new")
    world.loop.remove(Key("shop", "second"), "uid-second")
    world.put("younger")
    assert _taken(world) == ["third", "second"]


@pytest.mark.parametrize("is_deleted", [True, False], ids=["deleted", "led by another replica"])
async def test_a_refusal_that_ends_while_its_status_is_written_is_not_reported(*, is_deleted: bool):
    world = World(namespace_queues=1)
    world.objects.answers = asyncio.Event()
    _deployed(world, "first", "second", "third")
    await asyncio.sleep(1)
    if is_deleted:
        world.loop.remove(Key("shop", "third"), "uid-third")
    else:
        world.leads = False
    world.objects.answers.set()
    await _passes(world)
    assert [each for each in world.objects.events if each[0] == "third"] == []
    assert world.metric("refused_objects") == 0


async def test_a_refused_object_on_which_another_operator_acts_is_left_alone():
    world = World(namespace_queues=1, operator="mare/operator")
    world.objects.statuses.append(("third", {"operator": "other/operator"}))
    _deployed(world, "first", "second")
    world.put("third", world.objects.status("third"))
    await _passes(world)
    assert world.objects.status("third") == {"operator": "other/operator"}
    assert [each for each in world.objects.events if each[0] == "third"] == []
    assert world.metric("refused_objects") == 1


async def test_a_deleted_object_is_not_read_again():
    world = World(namespace_queues=1)
    _deployed(world, "first", "second", "third")
    del world.objects.bodies["third"]
    await _passes(world)
    assert world.metric("refused_objects") == 0


def test_a_namespace_has_its_reserved_part_whatever_others_hold():
    scheduler = TenantScheduler(memory=OWN_MEMORY)  # no shared part

    async def play() -> tuple[int, int]:
        reads = count()

        class Objects:
            async def read(self, key: Key) -> Any:
                next(reads)
                raise Unavailable("no answer")

        around = ObjectPlaces(scheduler, 2_000), Objects(), lambda: True, None, scheduler
        admission = Admission(lambda _: None, read_autoscaler, *around)
        taken = sum(
            admission.takes(read_autoscaler(body(f"worker-{number:02}"))) for number in range(80)
        )
        assert admission.takes(read_autoscaler(body(namespace="other")))
        await asyncio.sleep(1)
        await admission.close()
        return taken, next(reads)

    assert asyncio.run(play()) == (OBJECTS.reserved, 80 - OBJECTS.reserved)


async def test_of_large_objects_without_room_one_is_tried_for_all_that_need_as_much():
    shown = {"conditions": [{"type": "AbleToScale", "reason": "NamespaceBudgetExceeded"}]}
    tried: list[str] = []

    class Places(ObjectPlaces):
        def has_room(self, place: Place) -> bool:
            tried.append(place.key.name)
            return super().has_room(place)

    scheduler = TenantScheduler(memory=OWN_MEMORY)
    around = Places(scheduler, OBJECTS.reserved), None, lambda: True, None, scheduler
    admission = Admission(None, None, *around)
    for number in range(OBJECTS.reserved - 1):
        assert admission.takes(read_autoscaler(body(f"a-{number}")))
    for name, units in ("b", 4), ("c", 5), ("d", 4), ("e", 2), ("f", 2):
        large = replace(read_autoscaler(body(name)), characters=8_192 * (units - 1))
        assert not admission.takes(replace(large, status=shown))
    await asyncio.sleep(RETRY_SECONDS / 2)
    await admission.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}

    assert tried == ["b", "e"]


@pytest.mark.parametrize(
    "long",
    ["m" * 140_000, random.Random(0).randbytes(40_000).hex()],
    ids=["characters", "compressed"],
)
def test_a_status_is_kept_up_to_a_bound_without_its_longest_fields(long: str):
    stored = StoredStatus()
    condition = {"type": "Ready", "status": "True", "reason": "Ready", "message": "m"}
    small: Mapping[str, Any] = {"originalReplicas": 3, "conditions": [condition]}

    stored.adopt({**small, "decisions": [{"message": long}], "queues": [{"name": "q"}]})
    assert stored.status == {**small, "queues": [{"name": "q"}]}

    stored.adopt({"originalReplicas": 3, "conditions": [{"message": long}]})
    assert stored.status == {"originalReplicas": 3}


def test_a_status_that_the_operator_wrote_is_kept_whole():
    """The next one lacked the decisions before, and the queues of a broker that is away."""
    queue = {"vhost": "production", "time": "2026-01-31T12:00:00Z", "ready": 12_345}
    queue |= {"unacknowledged": 120, "consumers": 12, "publishRate": 123.456, "ackRate": 123.456}
    queues = [{"name": f"orders.region-{number}", **queue} for number in range(MOST_QUEUES)]
    status = {"queues": queues, "decisions": [{"message": "m" * 300}] * 10}
    stored = StoredStatus()

    stored.adopt(status)
    assert stored.status == status


async def test_statuses_of_a_namespace_wait_up_to_a_number_and_the_others_follow(world):
    world.objects.answers = asyncio.Event()
    for number in range(200):
        world.put(f"worker-{number}")
    await world.ticks(3)
    tasks = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
    most = STATUS_WRITES.of_namespace + 64 + 25  # objects between two yields of the loop
    assert tasks.count("StatusWriter.write") <= most

    world.objects.answers.set()
    await world.ticks(20, 15)
    assert len(dict(world.objects.statuses)) == 200
