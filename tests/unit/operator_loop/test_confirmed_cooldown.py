"""A cooldown that the statistics confirm late, and a change of the leader."""

from collections.abc import Awaitable, Callable

from mare.domain.unknown import Unknown
from tests.unit.operator_loop.test_restarts import in_both_ways
from tests.unit.operator_loop.worlds import AT_ONCE, World


def test_the_cooldown_goes_on_although_it_was_confirmed_after_the_status_was_written():
    spec = {"behavior": AT_ONCE["behavior"], "idle": {"cooldownSeconds": 300}}

    async def timeline(world: World, change_leader: Callable[..., Awaitable[None]]) -> None:
        world.brokers.published = 70
        world.brokers.unacknowledged = 1
        world.begin(1, 0, **spec)
        for _ in range(20):
            await world.tick()
        world.brokers.unacknowledged, world.brokers.published = 0, Unknown("NotReported", "old")
        for _ in range(20):
            await world.tick()
        world.brokers.published = 70
        for _ in range(60):
            await world.tick()
        begun = world.clock.now - 80
        await change_leader(**spec)
        while world.clock.now < begun + 900 and not world.workloads.done:
            await world.tick()
        assert world.workloads.done == [("worker", 0)]
        assert 300 <= world.clock.now - begun <= 305

    in_both_ways(timeline)
