"""Jobs as they are created, listed and deleted, by one operator and by two."""

import asyncio
from collections.abc import Callable

import pytest

from mare.cluster.job_manifest import job_name, new_job
from mare.cluster.paths import Resource
from mare.ports import NOT_READ_YET, AccessRefused, Conflict, NotFound, Rejected, Scale, Unavailable
from tests.unit.operator_loop.job_api import TARGET, job_body, targets

PATH = Resource("batch/v1", "jobs").path("shop")


async def listed(watched, target=TARGET) -> Scale:
    await becomes(lambda: watched.get(target) != NOT_READ_YET)
    scale = watched.get(target)
    assert isinstance(scale, Scale)
    return scale


async def becomes(holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        await asyncio.sleep(0)
    assert holds()


async def test_created_jobs_are_known_before_the_watch_shows_them(api, watched):
    await watched.scale(TARGET, await listed(watched), 3)
    scale = await listed(watched)
    assert (scale.replicas, scale.ready) == (3, 0)
    assert api.created == [job_name("worker", "uid-worker", number) for number in (1, 2, 3)]


async def test_no_more_jobs_are_created_once_they_are_not_allowed(api, watched):
    """A pause or a change of the object comes while its Jobs are created."""
    answers = iter([True, True, False])
    with pytest.raises(Conflict):
        await watched.scale(TARGET, await listed(watched), 5, lambda: next(answers))
    assert len(api.created) == 2


def test_a_job_belongs_to_its_object_and_has_the_labels_of_the_template():
    owner = job_body()
    owner["spec"]["jobTemplate"] = {
        **owner["spec"]["jobTemplate"],
        "metadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}},
    }
    job = new_job(owner, 7)
    assert job["spec"] == owner["spec"]["jobTemplate"]["spec"]
    assert job["metadata"]["labels"] == {
        "team": "a",
        "mare.dev/queueautoscaler": "worker",
        "mare.dev/queueautoscaler-uid": "uid-worker",
    }
    assert job["metadata"]["annotations"] == {"note": "b"}
    assert job["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "mare.dev/v1alpha1",
            "kind": "QueueAutoscaler",
            "name": "worker",
            "uid": "uid-worker",
            "controller": True,
        }
    ]


def test_names_are_valid_for_each_object_and_differ_between_objects_of_one_name():
    long = "a." * 100 + "end"
    name = job_name(long, "uid", 2**31)
    assert len(name) <= 63
    assert "." not in name
    assert job_name("worker", "one", 1) != job_name("worker", "two", 1)


async def test_a_new_leader_with_a_stale_list_creates_no_second_job_for_a_message(api):
    former, new = targets(api), targets(api)
    before = await listed(former)
    api.stale = []
    await former.scale(TARGET, before, 2)
    stale = await listed(new)
    assert stale.replicas == 0
    api.stale = None
    with pytest.raises(Conflict):
        await new.scale(TARGET, stale, 2)
    assert len(api.created) == 2
    assert (await listed(new)).replicas == 2


async def test_a_creation_whose_answer_is_lost_is_not_repeated(api, watched):
    before = await listed(watched)
    api.loses_answer = True
    with pytest.raises(Unavailable):
        await watched.scale(TARGET, before, 1)
    with pytest.raises(Conflict):
        await watched.scale(TARGET, before, 1)
    assert len(api.created) == 1
    assert (await listed(watched)).replicas == 1


async def test_a_job_that_is_not_the_one_that_was_read_is_not_deleted(api, watched):
    """Another Job has its name by now, or it has changed."""
    await watched.scale(TARGET, await listed(watched), 1)
    await api.end(api.created[0])
    await becomes(lambda: watched.get(TARGET).replicas == 0)
    (job,) = watched.get(TARGET).jobs
    api.jobs[job.name]["metadata"]["resourceVersion"] = "999"
    with pytest.raises(Conflict):
        await watched.delete_job(TARGET, job)
    assert api.deleted == []


async def test_a_job_that_the_watch_shows_before_its_conflict_is_counted(api, watched):
    before, request = await listed(watched), api.request

    async def is_late(method, path, body=None, **options):
        if method == "POST" and not api.created:
            created = await request(method, path, body)
            await api.events.put(("ADDED", created))
            await becomes(lambda: watched.get(TARGET).replicas == 1)
        return await request(method, path, body, **options)

    api.request = is_late
    with pytest.raises(Conflict):
        await watched.scale(TARGET, before, 1)
    assert len(api.created) == 1


async def test_a_job_that_the_watch_shows_after_the_decision_is_counted(api, watched):
    """Another leader has created it, or the answer to its creation was lost."""
    before = await listed(watched)
    created = await api.request("POST", PATH, new_job(api.owner, 1))
    await api.events.put(("ADDED", created))
    await becomes(lambda: watched.get(TARGET).replicas == 1)
    with pytest.raises(Conflict):
        await watched.scale(TARGET, before, 1)
    assert len(api.created) == 1


async def test_a_job_that_is_deleted_while_no_watch_runs_counts_no_more(api, watched):
    await watched.scale(TARGET, await listed(watched), 2)
    del api.jobs[api.created[0]]
    await api.events.put(Unavailable("the watch ends"))
    await asyncio.sleep(5)
    assert [each.name for each in watched.get(TARGET).jobs] == api.created[1:]
    await watched.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_job_that_is_deleted_while_it_is_listed_counts_no_more(api, watched):
    """A conflict reads the list again. It shows the Job, and the watch its deletion, before it."""
    await watched.scale(TARGET, await listed(watched), 2)
    api.listing = asyncio.Event()
    refresh = asyncio.create_task(watched.refresh(TARGET))
    await becomes(lambda: api.listing_waits)
    await api.events.put(("DELETED", api.jobs.pop(api.created[0])))
    await becomes(lambda: watched.get(TARGET).replicas == 1)
    api.listing.set()
    await refresh
    assert [each.name for each in watched.get(TARGET).jobs] == api.created[1:]


async def test_a_job_that_is_deleted_before_its_creation_is_answered_counts_no_more(api, watched):
    """It counted for ever, and no Job took its place."""
    before, request = await listed(watched), api.request

    async def is_late(method, path, body=None, **options):
        answer = await request(method, path, body, **options)
        if method == "POST":
            await api.events.put(("DELETED", api.jobs.pop(answer["metadata"]["name"])))
            await becomes(api.events.empty)
            await asyncio.sleep(0)
        return answer

    api.request = is_late
    await watched.scale(TARGET, before, 2)
    assert watched.get(TARGET).replicas == 0


async def test_a_job_that_is_created_while_jobs_are_listed_counts(api, watched):
    """The list that a watch begins with is older than the Job."""
    await watched.scale(TARGET, await listed(watched), 1)
    api.listing = asyncio.Event()
    await api.events.put(Unavailable("the watch ends"))
    await asyncio.sleep(5)
    assert api.listing_waits
    await watched.scale(TARGET, watched.get(TARGET), 2)
    api.listing.set()
    await asyncio.sleep(1)
    assert watched.get(TARGET).replicas == 2


async def test_numbers_of_deleted_jobs_are_not_used_again(api, watched):
    await watched.scale(TARGET, await listed(watched), 1)
    (first,) = api.created
    await api.end(first)
    await becomes(lambda: watched.get(TARGET).replicas == 0)
    (job,) = watched.get(TARGET).jobs
    await watched.delete_job(TARGET, job)
    await becomes(lambda: all(each.terminating for each in watched.get(TARGET).jobs))
    await watched.scale(TARGET, await listed(watched), 1)
    assert api.created[1] == job_name("worker", "uid-worker", 2)


async def test_a_rejected_template_is_reported_with_its_cause(api, watched):
    before = await listed(watched)
    api.errors = [AccessRefused("exceeded quota: jobs")]
    with pytest.raises(Rejected, match="exceeded quota"):
        await watched.scale(TARGET, before, 1)
    api.owner["spec"]["jobTemplate"]["spec"] = {"template": {"x": "y" * 70_000}}
    with pytest.raises(Rejected, match="more than 64 KiB"):
        await watched.scale(TARGET, before, 1)


async def test_no_job_is_created_for_an_object_that_was_replaced(api, watched):
    before = await listed(watched)
    api.owner["metadata"]["uid"] = "another"
    with pytest.raises(NotFound):
        await watched.scale(TARGET, before, 1)
    assert api.created == []


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("spec", {"paused": "All"}),
        ("spec", {"paused": "ScaleOut"}),
        ("metadata", {"deletionTimestamp": "2026-01-01T00:00:00Z"}),
    ],
)
async def test_no_job_is_created_once_the_object_is_paused_or_deleted(api, watched, part, changed):
    """The watch of objects can be seconds late; the object is read for its template."""
    before = await listed(watched)
    api.owner[part] |= changed
    with pytest.raises(Conflict):
        await watched.scale(TARGET, before, 1)
    assert api.created == []


async def test_jobs_of_an_object_that_scaled_a_workload_meanwhile_are_known(api, watched):
    await watched.scale(TARGET, await listed(watched), 2)
    watched.keep_only([])
    assert (await listed(watched)).replicas == 2
