"""When the operator is to be started anew, and by which clock that is told."""

import time

import pytest

from mare.clock import steady_clock
from mare.liveness import standstill
from tests.unit.operator_loop.worlds import World, run


def test_a_loop_that_goes_on_is_alive():
    async def story(world: World) -> None:
        world.workloads.have("worker", 1)
        world.brokers.ready["worker"] = 5
        world.put()
        for _ in range(100):
            await world.tick()
            assert standstill(world.loop, world.clock()) is None

    run(story)


def test_a_loop_without_ticks_stands_still():
    async def story(world: World) -> None:
        await world.tick()
        world.clock.now += 11
        assert standstill(world.loop, world.clock()) == "no tick for too long"

    run(story)


def test_an_election_stands_still():
    async def story(world: World) -> None:
        await world.tick()
        told = standstill(world.loop, world.clock(), election_stands_still=True)
        assert "Lease" in (told or "")

    run(story)


def test_a_round_that_does_not_end_stands_still():
    async def story(world: World) -> None:
        world.workloads.have("worker", 1)
        world.brokers.slow = {"broker"}
        world.put()
        for _ in range(299):
            await world.tick()
        assert standstill(world.loop, world.clock()) is None
        for _ in range(5):
            await world.tick()
        assert standstill(world.loop, world.clock()) == "queues are being read for too long"

    run(story)


def test_who_sets_the_clock_of_the_machine_moves_nothing(monkeypatch: pytest.MonkeyPatch):
    clock = steady_clock()
    before = clock()
    assert before == pytest.approx(time.time(), abs=5)

    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert before <= clock() < before + 5
