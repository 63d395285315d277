"""While nothing changes, an idle workload is not decided again, nor a status written."""

import pytest

from mare.domain.unknown import Unknown
from tests.unit.operator_loop.worlds import AT_ONCE, World, run

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


@pytest.mark.parametrize("ready", [0, 95])
def test_a_new_leader_that_finds_everything_in_the_status_writes_nothing(ready: int):
    async def timeline(world: World) -> None:
        world.begin(0, ready, **AT_ONCE)
        for _ in range(30):
            await world.tick()
        written = len(world.objects.statuses)
        await world.restart(**AT_ONCE)
        for _ in range(30):
            await world.tick()
        assert len(world.objects.statuses) == written
        world.brokers.away["broker"] = Unknown("BrokerUnreachable", "the broker does not answer")
        await world.tick()
        await world.tick()
        assert len(world.objects.statuses) == written + 1

    run(timeline)
