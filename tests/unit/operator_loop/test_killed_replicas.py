"""Replicas that still run at the end of their grace period are reported and counted."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from mare.cluster.paths import ApiPath
from mare.custom_resource.autoscaler import Key
from mare.loop import killed_replicas
from mare.ports import AccessRefused, NotFound, Unavailable
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.worlds import World, checks_begin, settle


async def shrinks(world: World, grace_seconds: int | None = 0) -> None:
    world.workloads.have("worker", 3, grace_seconds=grace_seconds)
    world.brokers.ready["worker"] = 0
    world.put(minReplicas=1, behavior={"scaleDown": {"stabilizationWindowSeconds": 0}})
    await world.ticks(3)


async def test_a_replica_that_was_killed_is_an_event_and_counted_once(world):
    world.workloads.killed = ["worker-b", "worker-a", "worker-b", None]
    await shrinks(world)
    world.workloads.have("worker", 2, grace_seconds=0)
    world.workloads.killed = ["worker-b"]
    await world.ticks(3)

    assert world.metric("replicas_killed_total") == 2
    assert world.objects.events.count(("worker", "Warning", "ReplicasKilled")) == 1


async def test_a_replica_that_has_the_name_of_one_that_was_killed_before_is_reported_too(world):
    for generation in 1, 2:
        world.workloads.killed_generation = generation
        world.workloads.killed = ["worker-2"]
        await shrinks(world)

    assert world.metric("replicas_killed_total") == 2
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


async def test_replicas_that_end_in_time_are_not_reported(world):
    await shrinks(world)

    assert world.metric("replicas_killed_total") == 0
    assert [kind for _, kind, _ in world.objects.events] == ["Normal"]


@pytest.mark.parametrize(
    ("grace_seconds", "watched"),
    [
        pytest.param(None, ["worker-a"], id="the grace period is not known"),
        pytest.param(0, [AccessRefused("no"), "worker-a"], id="no right to watch Pods"),
        pytest.param(0, [NotFound("gone"), "worker-a"], id="the workload is gone"),
    ],
)
async def test_what_cannot_be_known_is_not_watched_again(world, grace_seconds, watched):
    world.workloads.killed = [*watched]
    await shrinks(world, grace_seconds)
    await asyncio.sleep(60)

    assert world.workloads.killed == ["worker-a"]
    assert world.metric("replicas_killed_total") == 0


async def test_a_replica_of_a_deleted_object_is_not_reported(world):
    world.workloads.killed = ["worker-a"]
    await shrinks(world, grace_seconds=30)
    world.loop.remove(Key("shop", "worker"), "uid-worker")
    await asyncio.sleep(60)

    assert world.workloads.killed == []
    assert world.metric("replicas_killed_total") == 0


async def test_closing_ends_the_checks(world):
    await shrinks(world, grace_seconds=3_600)
    assert len(asyncio.all_tasks()) == 2
    await world.loop.close()
    await settle()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_busy_api_server_hides_no_killed_replica(world):
    world.workloads.killed = [Unavailable("busy"), "worker-a"]
    await shrinks(world)
    await asyncio.sleep(0.4)

    assert world.metric("replicas_killed_total") == 1


class BusyApi:
    """Answers lists of Pods after a tenth of a second, all of them with an error."""

    def __init__(self) -> None:
        self.lists: list[str] = []
        self.times: list[float] = []
        self.at_a_time = self.most_at_a_time = 0

    async def pages(self, path: ApiPath, *_: object) -> AsyncIterator[dict]:
        self.lists.append(path.text)
        self.times.append(virtual_time.now())
        self.at_a_time += 1
        self.most_at_a_time = max(self.most_at_a_time, self.at_a_time)
        await asyncio.sleep(0.1)
        self.at_a_time -= 1
        raise Unavailable("busy")
        yield


async def test_grace_periods_that_end_together_list_the_pods_a_few_times(world):
    """250 of them listed all Pods of the namespace at once, and again each 0.4 s."""
    api = BusyApi()
    checks_begin(world, api, "hostile", 250)
    await asyncio.sleep(0.1)
    checks_begin(world, api, "shop", 1)
    await asyncio.sleep(0.1)
    assert "/api/v1/namespaces/shop/pods" in api.lists
    await asyncio.sleep(60)

    hostile = api.lists.count("/api/v1/namespaces/hostile/pods")
    assert 330 <= hostile <= 365  # 60 at once and 5 a second for the minute
    assert api.most_at_a_time <= 3


async def test_a_check_knows_how_many_replicas_stay_and_ends_after_its_time(world):
    world.workloads.killed = ["worker-a", asyncio.Event()]
    await shrinks(world, grace_seconds=30)
    await asyncio.sleep(329)
    assert world.metric("replicas_killed_total") == 0
    await asyncio.sleep(2)
    assert world.metric("replicas_killed_total") == 1
    assert world.workloads.left == 1


async def test_a_list_that_fails_is_repeated_after_up_to_5_seconds(world):
    api = BusyApi()
    checks_begin(world, api, "shop", 1)
    await asyncio.sleep(60)

    pauses = [round(later - earlier - 0.1, 1) for earlier, later in pairwise(api.times)]
    assert pauses[:8] == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]
