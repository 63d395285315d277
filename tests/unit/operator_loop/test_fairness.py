"""What the objects of one namespace cause does not delay the objects of another."""

from tests.unit.operator_loop.worlds import AT_ONCE, World, run

HOSTILE = [f"hostile-{number}" for number in range(200)]


def test_quiet_checks_that_hang_do_not_delay_those_of_another_namespace():
    """A broker that hangs held the places that all shared: others became idle 150 s later."""

    async def timeline(world: World) -> None:
        world.brokers.silent = set(HOSTILE)
        for name in HOSTILE:
            world.begin(1, 0, name, namespace="hostile", **AT_ONCE)
        for _ in range(20):
            await world.tick()
        world.begin(1, 0, **AT_ONCE)
        for _ in range(20):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 0)]


def test_changes_that_the_api_server_does_not_answer_do_not_delay_another_namespace():
    async def timeline(world: World) -> None:
        world.workloads.slow = set(HOSTILE)
        for name in HOSTILE:
            world.begin(1, 95, name, namespace="hostile")
        await world.tick()
        world.begin(1, 95)
        for _ in range(3):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 10)]


def test_endless_grace_periods_do_not_hide_a_killed_replica_of_another_namespace():
    down = {"minReplicas": 1, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}

    async def timeline(world: World) -> None:
        for number in range(1_000):
            name = f"hostile-{number}"
            world.workloads.have(name, 3, grace_seconds=10**9)
            world.brokers.ready[name] = 0
            world.put(name, namespace="hostile", **down)
        for _ in range(6):
            await world.tick()
        assert len(world.workloads.done) == 1_000
        world.workloads.have("worker", 3, grace_seconds=0)
        world.brokers.ready["worker"] = 0
        world.workloads.killed = ["worker-b", None]
        world.put(**down)
        for _ in range(6):
            await world.tick()

    assert ("worker", "Warning", "ReplicasKilled") in run(timeline).objects.events
