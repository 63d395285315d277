"""Watch events wait for what their namespace may spend, and only the newest of each object."""

import asyncio
import itertools
import tracemalloc
from collections import Counter
from types import SimpleNamespace

from mare import watch_events
from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.tenant_scheduler import EVENTS, TenantScheduler
from mare.watch_events import WatchEvents
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.worlds import World, body, run


def generations(world: World) -> dict[str, int]:
    return {each.key.name: each.generation for each in world.loop.autoscalers}


def test_the_newest_event_of_each_object_is_handled_once_its_namespace_may_spend():
    seen = []

    async def timeline(world: World) -> None:
        events = WatchEvents(world.loop)
        world.loop.scheduler.spend(EVENTS, "shop", 100.0)
        for number in range(1, 300):
            for name in ("one", "two"):
                events.take("MODIFIED", body(name, generation=number, version=100 + number))
        events.take("DELETED", body("two"))
        events.take("ADDED", body("other", namespace="market"))
        await asyncio.sleep(0.1)
        seen.append(generations(world))
        await asyncio.sleep(4_000)
        seen.append(generations(world))

    run(timeline)

    assert seen == [{"other": 1}, {"other": 1, "one": 299}]


def test_an_object_that_changes_all_the_time_takes_little_memory():
    async def timeline(world: World) -> None:
        events = WatchEvents(world.loop)
        world.loop.scheduler.spend(EVENTS, "shop", 100.0)
        tracemalloc.start()
        for number in range(100):
            changed = body(generation=number)
            changed["metadata"]["annotations"] = {"a": "x" * 250_000}
            events.take("MODIFIED", changed)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()

    run(timeline)


def test_the_events_of_many_objects_wait_without_their_annotations():
    """They took 1.5 MB each: what a tenant writes was kept whole until its turn."""

    async def timeline(world: World) -> None:
        events = WatchEvents(world.loop)
        world.loop.scheduler.spend(EVENTS, "shop", 100.0)
        tracemalloc.start()
        for number in range(50):
            changed = body(f"object-{number}")
            changed["metadata"]["annotations"] = {"a": "x" * 250_000}
            changed["metadata"]["managedFields"] = [{"manager": "y" * 250_000}]
            events.take("ADDED", changed)
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
        tracemalloc.stop()
        await asyncio.sleep(4_000)
        assert len(generations(world)) == 50

    run(timeline)


def test_an_event_that_cannot_be_handled_does_not_stop_the_others(monkeypatch):
    async def timeline(world: World) -> None:
        events = WatchEvents(world.loop)
        monkeypatch.setattr(world.loop, "remove", lambda *_: 1 / 0)
        events.take("DELETED", body("one"))
        events.take("ADDED", body("two"))
        await asyncio.sleep(0.1)
        events.take("ADDED", body("three"))
        await asyncio.sleep(0.1)
        assert set(generations(world)) == {"two", "three"}

    run(timeline)


class Watched:
    """Counts the objects that are put, by namespace."""

    def __init__(self) -> None:
        self.scheduler = TenantScheduler()
        self.put_so_far: Counter[str] = Counter()

    def put(self, autoscaler: Autoscaler) -> None:
        self.put_so_far[autoscaler.key.namespace] += 1

    def remove(self, key: Key, uid: str) -> None:
        raise AssertionError(key)


def test_events_take_the_processor_time_that_their_namespace_may_spend(monkeypatch):
    """24 objects with ten changes a second delayed all others by 17 s."""
    seconds = itertools.count(step=0.01)
    monkeypatch.setattr(watch_events, "time", SimpleNamespace(thread_time=lambda: next(seconds)))

    async def timeline() -> None:
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
        # 2 s at once and 0.03 s a second, of 0.01 s each; 14,400 arrive in the minute.
        assert 375 <= loop.put_so_far["hostile"] <= 381
        await asyncio.sleep(100)

    virtual_time.run(timeline())
