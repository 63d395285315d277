"""A namespace with more Jobs than are remembered deletes finished ones and goes on."""

import asyncio

import pytest

from mare.cluster import job_store
from mare.cluster.api import Expired
from mare.cluster.job_manifest import new_job
from mare.cluster.paths import Resource
from mare.domain.unknown import Unknown
from mare.tenant_lines import Stock
from tests.unit.operator_loop.job_api import TARGET, JobApi, targets
from tests.unit.operator_loop.test_loop_jobs import begin, conditions_of, put
from tests.unit.operator_loop.worlds import World

MOST = 10
JOBS = Resource("batch/v1", "jobs").path("shop")


async def ticks(world: World, seconds: int, step: int = 1) -> None:
    for _ in range(0, seconds, step):
        await world.tick(step)
        await asyncio.sleep(step)


@pytest.fixture
def api(monkeypatch):
    """An API server with Jobs of which a namespace may have `MOST`."""
    monkeypatch.setattr(job_store, "REMEMBERED_JOBS", Stock("remembered Jobs", MOST))
    return JobApi()


@pytest.fixture
def world(api):
    return World(workloads=targets(api))


async def create(api: JobApi, count: int) -> None:
    for number in range(1, count + 1):
        await api.request("POST", JOBS, new_job(api.owner, number))


async def until_listed_again(world: World, api: JobApi) -> None:
    """Return while a list waits for its answer, or after 20 s."""
    for _ in range(20):
        await ticks(world, 1)
        if api.listing_waits:
            break


async def test_a_namespace_with_too_many_finished_jobs_creates_jobs_again(world, api):
    """The history limits of its objects are higher together than what is remembered."""
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


async def test_a_namespace_whose_user_deletes_jobs_creates_jobs_again(world, api):
    """As a user, or ttlSecondsAfterFinished of the template, does."""
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


async def test_jobs_of_the_namespace_alone_are_listed_again_ever_more_rarely(world, api):
    """One namespace at its bound must not stop the watch that the others share."""
    begin(world, ready=MOST + 5)
    await ticks(world, 5)
    api.lists.clear()
    await ticks(world, 600, 10)
    assert set(api.lists) == {"/apis/batch/v1/namespaces/shop/jobs"}
    assert 4 <= len(api.lists) <= 7
    assert api.watches == 1


async def test_a_namespace_that_stays_at_its_bound_is_not_listed_for_each_job(world, api):
    """A list has up to 2,000 Jobs."""
    await create(api, MOST)
    begin(world, ready=0)
    await ticks(world, 3)
    api.lists.clear()
    for number in range(MOST + 1, MOST + 61):
        created = await api.request("POST", JOBS, new_job(api.owner, number))
        await api.events.put(("ADDED", created))
        await api.events.put(("DELETED", api.jobs.pop(next(iter(api.jobs)))))
        await ticks(world, 1)
    assert 3 <= len(api.lists) <= 6


async def test_a_job_that_is_deleted_while_its_namespace_is_listed_again_is_not_remembered(
    world, api
):
    begin(world, ready=MOST + 5)
    await ticks(world, 5)
    world.brokers.ready["worker"] = 0
    api.listing = asyncio.Event()
    gone = api.created[3:]
    for name in gone[:-1]:
        await api.events.put(("DELETED", api.jobs.pop(name)))
    await until_listed_again(world, api)
    await api.events.put(("DELETED", api.jobs.pop(gone[-1])))
    await ticks(world, 1)
    api.listing.set()
    await ticks(world, 3)
    assert [each.name for each in world.workloads.get(TARGET).jobs] == api.created[:3]


async def test_a_job_that_does_not_fit_while_its_namespace_is_listed_again_counts(world, api):
    """The list is older than the Job, and without it all Jobs are remembered."""
    await create(api, MOST + 1)
    begin(world, ready=0)
    await ticks(world, 3)
    await api.events.put(("DELETED", api.jobs.pop(api.created[-1])))
    api.listing = asyncio.Event()
    await until_listed_again(world, api)
    created = await api.request("POST", JOBS, new_job(api.owner, MOST + 2))
    await api.events.put(("ADDED", created))
    await ticks(world, 1)
    api.listing.set()
    await ticks(world, 3)
    assert isinstance(world.workloads.get(TARGET), Unknown)


@pytest.mark.parametrize("is_gone", [True, False])
async def test_a_list_of_the_watch_ends_jobs_of_an_older_list_beside_it(world, api, is_gone):
    """A Job that the watch brings afterwards stays."""
    await create(api, MOST + 1)
    begin(world, ready=0)
    await ticks(world, 3)
    api.listing = answered = asyncio.Event()
    await until_listed_again(world, api)
    api.listing = None
    name = api.created[0]
    deleted = api.jobs.pop(name)
    await api.events.put(Expired("too old resource version"))
    await ticks(world, 3)
    assert api.watches == 2
    if not is_gone:
        api.jobs[name] = deleted
        await api.events.put(("ADDED", deleted))
        await ticks(world, 1)
    answered.set()
    await ticks(world, 1)
    names = {each.name for each in world.workloads.remembered_jobs(TARGET)[0]}
    assert (name in names) != is_gone


@pytest.mark.parametrize("pause", ["All", "ScaleOut"])
async def test_a_paused_object_keeps_its_finished_jobs(world, api, pause):
    limits = {"successfulJobsHistoryLimit": 100}
    begin(world, ready=MOST + 5, jobs=limits)
    await ticks(world, 5)
    put(world, version=200, generation=2, jobs=limits, paused=pause)
    for name in api.created:
        await api.end(name)
    await ticks(world, 30)
    assert api.deleted == []


async def test_jobs_of_other_namespaces_cost_an_object_no_finished_job(world, api, monkeypatch):
    """They have the shared part; the namespace itself is below its own bound."""
    stock = Stock("remembered Jobs", MOST, reserved=2, shared=3)
    monkeypatch.setattr(job_store, "REMEMBERED_JOBS", stock)
    begin(world, ready=8, jobs={"successfulJobsHistoryLimit": 100})
    await ticks(world, 5)
    assert "all namespaces together" in conditions_of(world)["AbleToScale"]["message"]
    for name in api.created:
        await api.end(name)
    await ticks(world, 200, 10)
    assert api.deleted == []


async def test_finished_jobs_stay_where_unfinished_ones_alone_are_too_many(world, api):
    await create(api, 2 * MOST)
    for name in api.created[: MOST - 1]:
        await api.end(name)
    while not api.events.empty():
        api.events.get_nowait()
    begin(world, ready=1, jobs={"successfulJobsHistoryLimit": 100})
    await ticks(world, 200, 10)
    assert api.deleted == []
    for name in api.created[MOST:]:
        await api.end(name)
    await ticks(world, 600, 10)
    assert conditions_of(world)["AbleToScale"]["status"] == "True"
    assert len(api.jobs) >= MOST // 2
