"""Replicas that still run at the end of their grace period are reported and counted."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from mare.cluster.paths import ApiPath
from mare.custom_resource.autoscaler import read_autoscaler
from mare.loop import killed_replicas
from mare.loop.operator_claim import OperatorClaim
from mare.loop.state import AutoscalerState
from mare.ports import AccessRefused, NotFound, Scale, Unavailable
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.worlds import World, body, checks_begin, run


async def shrinks(world: World, grace_seconds: int | None = 0) -> None:
    world.workloads.have("worker", 3, grace_seconds=grace_seconds)
    world.brokers.ready["worker"] = 0
    world.put(minReplicas=1, behavior={"scaleDown": {"stabilizationWindowSeconds": 0}})
    for _ in range(3):
        await world.tick()


async def turns(count: int) -> None:
    """Let the event loop run what is due so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


def killed(world: World) -> float | None:
    return world.metrics.registry.get_sample_value("mare_replicas_killed_total")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(killed_replicas, "_FIRST_PAUSE_SECONDS", 0.0)


def test_a_replica_that_was_killed_is_an_event_and_counted_once():
    async def timeline(world: World) -> None:
        world.workloads.killed = ["worker-b", "worker-a", "worker-b", None]
        await shrinks(world)
        world.workloads.have("worker", 2, grace_seconds=0)
        world.workloads.killed = ["worker-b"]
        for _ in range(3):
            await world.tick()

    world = run(timeline)

    assert killed(world) == 2
    assert world.objects.events.count(("worker", "Warning", "ReplicasKilled")) == 1


def test_a_replica_that_has_the_name_of_one_that_was_killed_before_is_reported_too():
    async def timeline(world: World) -> None:
        for generation in 1, 2:
            world.workloads.killed_generation = generation
            world.workloads.killed = ["worker-2"]
            await shrinks(world)

    world = run(timeline)

    assert killed(world) == 2
    assert world.objects.events.count(("worker", "Warning", "ReplicasKilled")) == 2


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c and 1 others"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 others"),
    ],
)
def test_an_event_lists_three_replicas_and_counts_the_others(names, listed):
    assert killed_replicas._sentence(names, 30) == (
        f"Killed, because they still ran 30 s after SIGTERM: {listed}. RabbitMQ delivers their"
        " unacknowledged messages again; raise terminationGracePeriodSeconds"
    )


def test_replicas_that_end_in_time_are_not_reported():
    async def timeline(world: World) -> None:
        await shrinks(world)

    world = run(timeline)

    assert killed(world) == 0
    assert [kind for _, kind, _ in world.objects.events] == ["Normal"]


@pytest.mark.parametrize(
    ("grace_seconds", "watched"),
    [
        pytest.param(None, ["worker-a"], id="the grace period is not known"),
        pytest.param(0, [AccessRefused("no"), "worker-a"], id="no right to watch Pods"),
        pytest.param(0, [NotFound("gone"), "worker-a"], id="the workload is gone"),
    ],
)
def test_what_cannot_be_known_is_not_watched_again(grace_seconds, watched):
    async def timeline(world: World) -> None:
        world.workloads.killed = [*watched]
        await shrinks(world, grace_seconds)

    world = run(timeline)

    assert world.workloads.killed == ["worker-a"]
    assert killed(world) == 0


def test_a_replica_of_a_deleted_object_is_not_reported():
    world = World()

    async def timeline() -> None:
        world.workloads.killed = ["worker-a"]
        await shrinks(world, grace_seconds=30)
        world.loop.remove(("shop", "worker"), "uid-worker")
        await asyncio.sleep(60)
        await world.loop.close()

    virtual_time.run(timeline())
    assert world.workloads.killed == []
    assert killed(world) == 0


def test_closing_ends_the_checks():
    async def timeline(world: World) -> None:
        await shrinks(world, grace_seconds=3_600)
        assert len(asyncio.all_tasks()) == 2
        await world.loop.close()
        await turns(2)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(timeline)


def test_a_busy_api_server_hides_no_killed_replica():
    async def timeline(world: World) -> None:
        world.workloads.killed = [Unavailable("busy"), "worker-a"]
        await shrinks(world)

    assert killed(run(timeline)) == 1


class BusyApi:
    """Answers lists of Pods after a tenth of a second, all of them with an error."""

    def __init__(self) -> None:
        self.lists: list[str] = []
        self.at_a_time = self.most_at_a_time = 0

    async def pages(self, path: ApiPath, *_: object) -> AsyncIterator[dict]:
        self.lists.append(path.text)
        self.at_a_time += 1
        self.most_at_a_time = max(self.most_at_a_time, self.at_a_time)
        await asyncio.sleep(0.1)
        self.at_a_time -= 1
        raise Unavailable("busy")
        yield


def test_grace_periods_that_end_together_list_the_pods_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
):
    """250 of them listed all Pods of the namespace at once, and again each 0.4 s."""
    monkeypatch.setattr(killed_replicas, "_FIRST_PAUSE_SECONDS", 0.4)
    world, api = World(), BusyApi()

    async def timeline() -> None:
        checks = [checks_begin(world, api, "hostile", 250)]
        await asyncio.sleep(0.1)
        checks += [checks_begin(world, api, "shop", 1)]
        await asyncio.sleep(0.1)
        assert "/api/v1/namespaces/shop/pods" in api.lists
        await asyncio.sleep(60)
        for each in checks:
            await each.close()

    virtual_time.run(timeline())
    hostile = api.lists.count("/api/v1/namespaces/hostile/pods")
    assert 330 <= hostile <= 365  # 60 at once and 5 a second for the minute
    assert api.most_at_a_time <= 3


def test_a_check_knows_how_many_replicas_stay_and_ends_after_its_time():
    world = World()

    async def timeline() -> None:
        world.workloads.killed = ["worker-a", asyncio.Event()]
        await shrinks(world, grace_seconds=30)
        await asyncio.sleep(329)
        assert killed(world) == 0
        await asyncio.sleep(2)
        assert killed(world) == 1
        await world.loop.close()

    virtual_time.run(timeline())
    assert world.workloads.left == 1


def test_a_list_that_fails_is_repeated_after_up_to_5_seconds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(killed_replicas, "_FIRST_PAUSE_SECONDS", 0.4)
    world, listed = World(), []

    class Workloads:
        async def watch_killed(self, *_: object) -> None:
            listed.append(virtual_time.now())
            raise Unavailable("busy")

    async def timeline() -> None:
        checks = killed_replicas.KilledReplicas(
            Workloads(), None, world.metrics, world.loop.scheduler
        )
        before = Scale(replicas=3, version="1", ready=3, selector="app", grace_seconds=0)
        state = AutoscalerState(read_autoscaler(body()), 0, OperatorClaim(""))
        checks.check_later(state, before, 1)
        await asyncio.sleep(60)
        await checks.close()

    virtual_time.run(timeline())
    pauses = [round(later - earlier, 1) for earlier, later in pairwise(listed)]
    assert pauses[:8] == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]
