"""An idle workload is not decided again while nothing changes."""

from tests.unit.operator_loop.worlds import World, run

WORKER = ("shop", "worker")


def test_an_idle_workload_is_read_four_times_a_second_and_decided_when_something_changes():
    decided: list[float] = []

    async def timeline(world: World) -> None:
        world.begin(0, 0)
        world.brokers.statistics_at = world.brokers.busy_at = begun = world.clock.now
        for number in range(24):
            if number == 14:  # 3.5 s
                world.brokers.statistics_at += 1
            if number == 15:
                world.workloads.have("worker", 0, grace_seconds=10)
            if number == 23:
                world.brokers.ready["worker"] = 5
            await world.tick(0.25)
            decided.append(world.record.histories[WORKER].view.at - begun)
        assert len(world.brokers.reads) == 24

    world = run(timeline)

    assert sorted(set(decided)) == [0.25, 2.25, 3.75, 4.0, 6.0]
    assert world.workloads.done == [("worker", 1)]
