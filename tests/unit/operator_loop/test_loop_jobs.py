"""The loop with an object that creates Jobs, from the reading to the status."""

import json

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.status_values import seconds_of
from mare.dashboard.http_rules import HttpError
from mare.dashboard.load_download import load_download
from mare.domain.count import MAX_COUNT
from mare.ports import Rejected
from tests.unit.operator_loop.job_api import CREATED, job_body, targets
from tests.unit.operator_loop.worlds import OF_WORKER, World


@pytest.fixture
def world(api):
    return World(workloads=targets(api))


def put(world, status=None, version=101, **spec):
    owner = job_body(version=version, **spec)
    world.loop.put(read_autoscaler({**owner, "status": status or {}}))


def begin(world, ready, **spec):
    world.brokers.ready["worker"] = ready
    put(world, **spec)


def status_of(world):
    return world.objects.status("worker")


def conditions_of(world):
    return {each["type"]: each for each in status_of(world)["conditions"]}


async def test_jobs_are_created_and_the_status_says_why(world, api):
    begin(world, ready=3)
    await world.ticks(2)
    assert len(api.created) == 3
    status = status_of(world)
    assert status["jobs"]["starting"] == 3
    assert status["workload"] == "batch/Job/worker"
    assert status["target"] == "Jobs(1)"
    assert "0 → 3 Jobs: 3 ready messages" in json.dumps(status, ensure_ascii=False)
    assert "originalReplicas" not in status
    await world.ticks(40)
    assert len(api.created) == 3


async def test_an_operator_that_restarts_between_the_creation_and_the_status_creates_no_more(
    world, api
):
    begin(world, ready=3)
    world.objects.error = Rejected("no status is stored")
    for _ in range(10):
        await world.tick(0.25)
        if api.created:
            break
    await world.kill()
    world.workloads = targets(api)
    world.use(world.brokers)
    put(world, version=102)
    await world.ticks(40)
    assert len(api.created) == 3


async def test_finished_jobs_beyond_the_limits_are_deleted(world, api):
    begin(world, ready=5, jobs={"successfulJobsHistoryLimit": 1})
    await world.ticks(2)
    world.brokers.ready["worker"] = 0
    await world.tick()
    for name in api.created:
        await api.end(name)
    await world.ticks(20)
    assert len(api.created) == 5
    assert len(api.jobs) == 1
    assert api.policies == {"Background"}
    assert status_of(world)["jobs"]["succeeded"] == 5


async def test_a_job_that_is_deleted_as_soon_as_it_fails_delays_the_next_one(world, api):
    """With ttlSecondsAfterFinished: 0 no decision sees the Job between its end and its deletion."""
    world.clock.offset = seconds_of("2026-01-01T00:05:00Z") - world.clock.now
    begin(world, ready=1)
    for _ in range(9):
        await world.tick()
        for name in list(api.jobs):
            await api.end(name, "Failed")
            await api.events.put(("DELETED", api.jobs.pop(name)))
    assert len(api.created) == 1
    assert status_of(world)["jobs"]["failed"] == 1
    await world.ticks(3)
    assert len(api.created) == 2


async def test_impossible_values_of_failures_delay_jobs_for_minutes_at_most(world, api):
    """A user may write the status, of the object or of a Job."""
    far = "9999-12-30T23:59:59Z"
    world.brokers.ready["worker"] = 1
    failures = {"failuresInTurn": MAX_COUNT, "lastFailureTime": far, "lastFinishTime": far}
    put(world, status={"observedTarget": "batch/Job/worker", "jobs": failures})
    await world.ticks(8, 60)
    (name,) = api.created
    condition = {"type": "Failed", "status": "True", "lastTransitionTime": far}
    await api.set_status(name, conditions=[condition])
    await world.ticks(12, 60)
    assert len(api.created) == 2
    assert status_of(world)["jobs"]["lastFailureTime"] < far


async def test_a_rejected_template_is_a_condition_with_its_cause(world, api):
    api.errors = [Rejected("Job is invalid: restartPolicy")] * 100
    begin(world, ready=1)
    await world.ticks(12)
    condition = conditions_of(world)["AbleToScale"]
    assert condition["status"] == "False"
    assert condition["reason"] == "JobRefused"
    assert "restartPolicy" in condition["message"]


async def test_jobs_whose_pods_do_not_start_are_a_condition(world, api):
    """Their image does not exist: they keep the claim to their messages for ever."""
    world.clock.offset = seconds_of(CREATED) - world.clock.now
    begin(world, ready=2)
    await world.ticks(29, 10)
    assert conditions_of(world)["ReplicasReady"]["status"] == "True"
    await world.ticks(4, 10)
    assert len(api.created) == 2
    condition = conditions_of(world)["ReplicasReady"]
    assert condition["message"] == (
        "2 of 2 unfinished Jobs have no ready Pod for 5 min, and no other Job gets their messages"
    )
    assert conditions_of(world)["Ready"]["reason"] == "ReplicasNotReady"
    assert world.objects.events.count(("worker", "Warning", "ReplicasNotReady")) == 1
    assert world.metric("unready_replicas", **OF_WORKER) == 2
    await api.set_status(api.created[0], ready=1)
    await world.ticks(4, 10)
    assert conditions_of(world)["ReplicasReady"]["message"].startswith("1 of 2 unfinished Jobs")
    assert conditions_of(world)["Ready"]["status"] == "True", "a Job consumes"


async def test_jobs_that_stop_being_ready_or_whose_pods_failed_have_started(world, api):
    """A container restarts, or Kubernetes waits before it replaces a Pod."""
    world.clock.offset = seconds_of(CREATED) - world.clock.now
    begin(world, ready=2)
    await world.ticks(2)
    await api.set_status(api.created[0], ready=1)
    await world.ticks(2)
    await api.set_status(api.created[0], ready=0)
    await api.set_status(api.created[1], failed=1)
    await world.ticks(40, 10)
    assert conditions_of(world)["ReplicasReady"]["status"] == "True"


async def test_the_load_of_jobs_is_not_recorded_and_the_download_says_so(world):
    begin(world, ready=2)
    await world.ticks(20)
    with pytest.raises(HttpError, match="for an object with a jobTemplate"):
        load_download(world.history, {})


async def test_a_dry_run_creates_and_deletes_nothing(world, api):
    begin(world, ready=2, dryRun=True)
    await world.ticks(20)
    assert (api.created, api.deleted) == ([], [])
    assert status_of(world)["desiredReplicas"] == 2


async def test_a_removed_object_changes_no_job(world, api):
    begin(world, ready=2, onDelete="Restore")
    await world.ticks(2)
    world.loop.remove(read_autoscaler(job_body()).key, "uid-worker")
    await world.ticks(20)
    assert len(api.created) == 2
    assert api.deleted == []


async def test_jobs_of_a_decision_that_a_pause_cuts_short_are_recorded(world, api):
    request = api.request

    async def pause_after_two(method, path, body=None, **options):
        answer = await request(method, path, body, **options)
        if method == "POST" and len(api.created) == 2:
            put(world, version=200, generation=2, paused="All")
        return answer

    api.request = pause_after_two
    begin(world, ready=5)
    await world.tick()
    lists = len(api.lists)
    await world.ticks(10)
    assert len(api.created) == 2
    assert len(api.lists) == max(lists, 1), "a pause is no conflict with another client"
    assert "lastScaleTime" in status_of(world)
    assert "0 → 2 Jobs instead of 5: the decision" in world.objects.messages[-1]
