"""The loop with an object that creates Jobs, from the reading to the status."""

import json

from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.count import MAX_COUNT
from mare.ports import Rejected
from tests.unit.operator_loop.job_api import JobApi, job_body, targets
from tests.unit.operator_loop.worlds import run


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


def test_jobs_are_created_and_the_status_says_why():
    api = JobApi()

    async def timeline(world):
        begin(world, ready=3)
        await world.tick()
        await world.tick()
        assert len(api.created) == 3
        status = status_of(world)
        assert status["jobs"]["starting"] == 3
        assert status["workload"] == "batch/Job/worker"
        assert status["target"] == "Jobs(1)"
        assert "0 → 3 Jobs: 3 ready messages" in json.dumps(status, ensure_ascii=False)
        assert "originalReplicas" not in status
        for _ in range(40):
            await world.tick()
        assert len(api.created) == 3

    run(timeline, workloads=targets(api))


def test_an_operator_that_restarts_between_the_creation_and_the_status_creates_no_more():
    api = JobApi()

    async def timeline(world):
        begin(world, ready=3)
        world.objects.errors = {"worker": Rejected("no status is stored")}
        for _ in range(10):
            await world.tick(0.25)
            if api.created:
                break
        await world.kill()
        world.workloads = targets(api)
        world.use(world.brokers)
        put(world, version=102)
        for _ in range(40):
            await world.tick()
        assert len(api.created) == 3

    run(timeline, workloads=targets(api))


def test_finished_jobs_beyond_the_limits_are_deleted():
    api = JobApi()

    async def timeline(world):
        begin(world, ready=5, jobs={"successfulJobsHistoryLimit": 1})
        await world.tick()
        await world.tick()
        world.brokers.ready["worker"] = 0
        await world.tick()
        for name in api.created:
            await api.end(name)
        for _ in range(20):
            await world.tick()
        assert len(api.created) == 5
        assert len(api.jobs) == 1
        assert api.policies == {"Background"}
        assert status_of(world)["jobs"]["succeeded"] == 5

    run(timeline, workloads=targets(api))


def test_impossible_values_of_failures_delay_jobs_for_minutes_at_most():
    """A user may write the status, of the object or of a Job."""
    api, far = JobApi(), "9999-12-30T23:59:59Z"

    async def timeline(world):
        world.brokers.ready["worker"] = 1
        failures = {"failuresInTurn": MAX_COUNT, "lastFailureTime": far, "lastFinishTime": far}
        put(world, status={"observedTarget": "batch/Job/worker", "jobs": failures})
        for _ in range(8):
            await world.tick(60)
        (name,) = api.created
        condition = {"type": "Failed", "status": "True", "lastTransitionTime": far}
        await api.set_status(name, conditions=[condition])
        for _ in range(12):
            await world.tick(60)
        assert len(api.created) == 2
        assert status_of(world)["jobs"]["lastFailureTime"] < far

    run(timeline, workloads=targets(api))


def test_a_rejected_template_is_a_condition_with_its_cause():
    api = JobApi()
    api.errors = [Rejected("Job is invalid: restartPolicy")] * 100

    async def timeline(world):
        begin(world, ready=1)
        for _ in range(12):
            await world.tick()
        condition = conditions_of(world)["AbleToScale"]
        assert condition["status"] == "False"
        assert condition["reason"] == "JobRefused"
        assert "restartPolicy" in condition["message"]

    run(timeline, workloads=targets(api))


def test_a_dry_run_creates_and_deletes_nothing():
    api = JobApi()

    async def timeline(world):
        begin(world, ready=2, dryRun=True)
        for _ in range(20):
            await world.tick()
        assert (api.created, api.deleted) == ([], [])
        assert status_of(world)["desiredReplicas"] == 2

    run(timeline, workloads=targets(api))


def test_a_removed_object_changes_no_job():
    api = JobApi()

    async def timeline(world):
        begin(world, ready=2, onDelete="Restore")
        await world.tick()
        await world.tick()
        world.loop.remove(read_autoscaler(job_body()).key, "uid-worker")
        for _ in range(20):
            await world.tick()
        assert len(api.created) == 2
        assert api.deleted == []

    run(timeline, workloads=targets(api))


def test_jobs_of_a_decision_that_a_pause_cuts_short_are_recorded():
    api = JobApi()

    async def timeline(world):
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
        for _ in range(10):
            await world.tick()
        assert len(api.created) == 2
        assert len(api.lists) == max(lists, 1), "a pause is no conflict with another client"
        assert "lastScaleTime" in status_of(world)
        assert world.objects.changes == [(0, 2)]
        assert "0 → 2 Jobs instead of 5: the decision" in world.objects.messages[-1]

    run(timeline, workloads=targets(api))
