"""When /livez fails, and which clock it uses."""

from mare.probes import find_liveness_failure
from tests.unit.operator_loop.worlds import World, run


def test_a_loop_that_ticks_is_alive():
    async def timeline(world: World) -> None:
        world.begin(1, 5)
        for _ in range(100):
            await world.tick()
            assert find_liveness_failure(world.loop, world.clock()) is None

    run(timeline)


def test_a_loop_without_ticks_is_not_alive():
    async def timeline(world: World) -> None:
        await world.tick()
        world.clock.now += 11
        assert find_liveness_failure(world.loop, world.clock()) == (
            "the loop has not ticked for more than 10 s"
        )

    run(timeline)


def test_an_election_stalled():
    async def timeline(world: World) -> None:
        await world.tick()
        failure = find_liveness_failure(world.loop, world.clock(), election_stalled=True)
        assert "Lease" in (failure or "")

    run(timeline)


def test_a_broker_that_never_answers_is_no_reason_to_restart():
    """A tenant's broker made the kubelet end the leader after 525 s, and then its successor."""

    async def timeline(world: World) -> None:
        world.workloads.have("worker", 1)
        world.brokers.slow = {"broker"}
        world.put()
        for _ in range(1_000):
            await world.tick()
        assert find_liveness_failure(world.loop, world.clock()) is None

    run(timeline)
