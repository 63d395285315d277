"""A namespace with more Jobs than are remembered deletes finished ones and goes on."""

import asyncio

from mare.cluster import job_store
from mare.tenant_lines import Stock
from tests.unit.operator_loop.job_api import JobApi, targets
from tests.unit.operator_loop.test_loop_jobs import begin, conditions_of
from tests.unit.operator_loop.worlds import World, run

MOST = 10


async def ticks(world: World, seconds: int) -> None:
    for _ in range(seconds):
        await world.tick()
        await asyncio.sleep(1)


def test_a_namespace_with_too_many_finished_jobs_creates_jobs_again(monkeypatch):
    """The history limits of its objects are higher together than what is remembered."""
    monkeypatch.setattr(job_store, "REMEMBERED_JOBS", Stock("remembered Jobs", MOST))
    api = JobApi()

    async def timeline(world):
        begin(world, ready=MOST + 5, jobs={"successfulJobsHistoryLimit": 100})
        await ticks(world, 5)
        assert len(api.created) == MOST + 1, "the last one shows that there are too many"
        assert conditions_of(world)["AbleToScale"]["reason"] == "NamespaceBudgetExceeded"
        world.brokers.ready["worker"] = 0
        for name in api.created:
            await api.end(name)
        await ticks(world, 30)
        assert conditions_of(world)["AbleToScale"]["status"] == "True"
        assert len(api.deleted) == MOST // 2, "no more than needed"
        assert api.deleted == api.created[: MOST // 2], "the oldest"
        world.brokers.ready["worker"] = 1
        await ticks(world, 3)
        assert len(api.created) == MOST + 2

    run(timeline, workloads=targets(api))


def test_a_namespace_whose_user_deletes_jobs_creates_jobs_again(monkeypatch):
    """As a user, or ttlSecondsAfterFinished of the template, does."""
    monkeypatch.setattr(job_store, "REMEMBERED_JOBS", Stock("remembered Jobs", MOST))
    api = JobApi()

    async def timeline(world):
        begin(world, ready=MOST + 5)
        await ticks(world, 5)
        world.brokers.ready["worker"] = 0
        for name in api.created[:5]:
            await api.events.put(("DELETED", api.jobs.pop(name)))
        await ticks(world, 15)
        assert api.deleted == []
        world.brokers.ready["worker"] = MOST
        await ticks(world, 3)
        assert len(api.created) > MOST + 1

    run(timeline, workloads=targets(api))
