"""Watch events wait for what their namespace may spend, and only the newest of each object."""

import asyncio
import itertools
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from mare import watch_events
from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.ports import AccessRefused, Unavailable
from mare.tenant_scheduler import EVENTS, WAITING_EVENTS, TenantScheduler
from mare.watch_events import WatchEvents
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.worlds import World, body


def generations(world: World) -> dict[str, int]:
    return {each.key.name: each.generation for each in world.loop.autoscalers}


def large(name: str, size: int) -> dict[str, Any]:
    changed = body(name, generation=2, queues=[{"name": "q" * size}])
    changed["metadata"]["annotations"] = {"a": "x" * size}
    return changed


async def test_the_newest_event_of_each_object_is_handled_once_its_namespace_may_spend(world):
    seen = []
    events = WatchEvents(world.loop)
    world.loop.scheduler.spend(EVENTS, "shop", 100.0)
    for number in range(1, 300):
        for name in ("one", "two"):
            events.take("MODIFIED", body(name, generation=number, version=100 + number))
    world.objects.bodies["one"] = body("one", generation=299)
    world.objects.stored["one"] = 399
    events.take("DELETED", body("two"))
    events.take("ADDED", body("other", namespace="market"))
    await asyncio.sleep(0.1)
    seen.append(generations(world))
    await asyncio.sleep(4_000)
    seen.append(generations(world))

    assert seen == [{"other": 1}, {"other": 1, "one": 299}]


async def test_an_object_that_changes_all_the_time_takes_little_memory(world):
    events = WatchEvents(world.loop)
    world.loop.scheduler.spend(EVENTS, "shop", 100.0)
    tracemalloc.start()
    for number in range(100):
        changed = body(generation=number)
        changed["metadata"]["annotations"] = {"a": "x" * 250_000}
        events.take("MODIFIED", changed)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


async def test_the_events_of_many_objects_wait_without_their_objects(world):
    """577 objects of 325 KB took 200 MiB, as what a tenant writes was kept until its turn."""
    events = WatchEvents(world.loop)
    world.loop.scheduler.spend(EVENTS, "shop", 100.0)
    tracemalloc.start()
    for number in range(50):
        changed = large(f"object-{number}", 250_000)
        changed["metadata"]["managedFields"] = [{"manager": "y" * 250_000}]
        events.take("ADDED", changed)
    assert tracemalloc.get_traced_memory()[0] < 1_000_000
    tracemalloc.stop()
    world.objects.bodies |= {f"object-{n}": body(f"object-{n}") for n in range(50)}
    await asyncio.sleep(4_000)
    assert len(generations(world)) == 50


async def test_the_events_of_a_namespace_that_may_spend_take_a_bounded_memory(world):
    events = WatchEvents(world.loop)
    tracemalloc.start()
    for number in range(50):
        events.take("ADDED", large(f"object-{number}", 250_000))
    assert tracemalloc.get_traced_memory()[0] < WAITING_EVENTS.of_namespace + 100_000
    tracemalloc.stop()
    events.take("ADDED", body("other", namespace="market"))
    world.objects.bodies |= {f"object-{n}": body(f"object-{n}") for n in range(50)}
    await asyncio.sleep(1)
    assert len(generations(world)) == 51
    for number in range(50):
        events.take("MODIFIED", large(f"object-{number}", 250_000))
        await asyncio.sleep(1)
    found = {each.key.name: each for each in world.loop.autoscalers}
    assert all(each.characters > 250_000 for key, each in found.items() if key != "other")


async def test_an_object_that_cannot_be_read_at_its_turn_is_read_again(world, monkeypatch):
    events = WatchEvents(world.loop)
    world.loop.scheduler.spend(EVENTS, "shop", 2.1)
    world.objects.bodies["one"] = body("one")
    read, failures = world.objects.read, iter([AccessRefused("no"), Unavailable("away")])

    async def fail(key: Key) -> Mapping[str, Any]:
        for each in failures:
            raise each
        return await read(key)

    monkeypatch.setattr(world.objects, "read", fail)
    events.take("ADDED", body("one"))
    events.take("ADDED", body("gone"))
    await asyncio.sleep(30)
    assert set(generations(world)) == {"one"}


async def test_an_object_that_is_being_deleted_when_it_is_read_is_not_scaled(world):
    events = WatchEvents(world.loop)
    events.take("ADDED", body("one"))
    await asyncio.sleep(1)
    assert set(generations(world)) == {"one"}
    world.loop.scheduler.spend(EVENTS, "shop", 2.1)
    world.objects.bodies["one"] = body("one")
    world.objects.bodies["one"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    events.take("MODIFIED", body("one"))
    await asyncio.sleep(30)
    assert generations(world) == {}


async def test_an_event_that_cannot_be_handled_does_not_stop_the_others(world, monkeypatch):
    events = WatchEvents(world.loop)
    monkeypatch.setattr(world.loop, "remove", lambda *_: 1 / 0)
    events.take("DELETED", body("one"))
    events.take("ADDED", body("two"))
    await asyncio.sleep(0.1)
    events.take("ADDED", body("three"))
    await asyncio.sleep(0.1)
    assert set(generations(world)) == {"two", "three"}


class Watched:
    """Counts the objects that are put, by namespace."""

    def __init__(self) -> None:
        self.scheduler = TenantScheduler()
        self.put_so_far: Counter[str] = Counter()
        self.objects = self

    async def read(self, key: Key) -> Mapping[str, Any]:
        return body(key.name, namespace=key.namespace)

    def put(self, autoscaler: Autoscaler) -> None:
        self.put_so_far[autoscaler.key.namespace] += 1

    def remove(self, key: Key, uid: str) -> None:
        raise AssertionError(key)


async def test_events_take_the_processor_time_that_their_namespace_may_spend(monkeypatch):
    """24 objects with ten changes a second delayed all others by 17 s."""
    seconds = itertools.count(step=0.01)
    monkeypatch.setattr(watch_events, "time", SimpleNamespace(thread_time=lambda: next(seconds)))
    loop = Watched()
    events = WatchEvents(loop)
    for tenth in range(1, 601):
        for number in range(24):
            events.take("MODIFIED", body(f"hostile-{number}", namespace="hostile"))
        await asyncio.sleep(tenth / 10 - virtual_time.now())
        if tenth == 300:
            events.take("ADDED", body("honest", namespace="honest"))
            await asyncio.sleep(0.001)
            assert loop.put_so_far["honest"] == 1
    # 2 s at once and 0.03 s a second, of 0.01 s each, and as long for each that is kept until
    # its turn; 14,400 arrive in the minute.
    assert 260 <= loop.put_so_far["hostile"] <= 290
