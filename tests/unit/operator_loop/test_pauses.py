"""When the loop looks again: as late as it may, for each look costs processor time."""

from itertools import pairwise

import pytest

SOON, LATE = 0.05, 0.25


async def test_it_sleeps_until_an_object_is_due(world):
    read_at: list[float] = []
    world.begin(0, 0)
    await world.tick()
    for _ in range(8):
        world.clock.now += world.loop.pause()
        before = len(world.brokers.reads)
        await world.tick(0.0)
        read_at.extend([world.clock.now] * (len(world.brokers.reads) - before))

    apart = [round(later - earlier, 2) for earlier, later in pairwise(read_at)]
    assert len(read_at) >= 7
    assert set(apart) == {LATE}


async def test_it_looks_again_soon_while_a_round_can_make_objects_due(world):
    pauses: list[float] = []
    world.begin(0, 95)
    world.clock.now += 1.0
    world.loop.tick()
    pauses.append(world.loop.pause())
    await world.tick(0.0)

    assert pauses == [pytest.approx(SOON)]


async def test_without_leadership_or_objects_it_looks_four_times_a_second(world):
    pauses: list[float] = []
    await world.tick()
    pauses.append(world.loop.pause())
    world.begin(0, 95)
    world.leads = False
    await world.tick()
    pauses.append(world.loop.pause())

    assert pauses == [LATE, LATE]
