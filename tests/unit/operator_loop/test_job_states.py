"""What the watch shows of a Job: when it runs, when it has ended, and whose it is."""

import pytest

from mare.domain.jobs import JobState
from tests.unit.operator_loop.job_api import TARGET, targets
from tests.unit.operator_loop.test_jobs import becomes, listed, run


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({}, JobState.STARTING),
        ({"active": 1, "ready": 0}, JobState.STARTING),
        ({"active": 1, "ready": 1}, JobState.RUNNING),
        ({"succeeded": 1}, JobState.RUNNING),
        ({"ready": 0, "uncountedTerminatedPods": {"succeeded": ["a"]}}, JobState.RUNNING),
        ({"ready": 0, "uncountedTerminatedPods": {"failed": ["a"]}}, JobState.STARTING),
    ],
)
def test_a_job_runs_once_a_pod_is_ready(status, state):
    async def test(api):
        watched = targets(api)
        await watched.scale(TARGET, await listed(watched), 1)
        await api.set_status(api.created[0], **status)
        await becomes(lambda: watched.get(TARGET).jobs[0].state is state)

    run(test)


@pytest.mark.parametrize(("policy", "restarts"), [("Never", False), ("OnFailure", True)])
def test_containers_restart_by_the_policy_of_their_pod(policy, restarts):
    async def test(api):
        api.owner["spec"]["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] = policy
        watched = targets(api)
        await watched.scale(TARGET, await listed(watched), 1)
        assert [each.restarts_containers for each in watched.get(TARGET).jobs] == [restarts]

    run(test)


@pytest.mark.parametrize(
    ("kind", "state"), [("Complete", JobState.SUCCEEDED), ("Failed", JobState.FAILED)]
)
def test_a_job_ends_by_its_condition(kind, state):
    async def test(api):
        watched = targets(api)
        await watched.scale(TARGET, await listed(watched), 1)
        await api.end(api.created[0], kind)
        await becomes(lambda: watched.get(TARGET).jobs[0].state is state)
        (job,) = watched.get(TARGET).jobs
        assert job.life_seconds == 300
        assert watched.get(TARGET).replicas == 0

    run(test)


def test_an_older_event_does_not_revive_a_job():
    async def test(api):
        watched = targets(api)
        await watched.scale(TARGET, await listed(watched), 1)
        old = {**api.jobs[api.created[0]]}
        await api.end(api.created[0])
        await becomes(lambda: watched.get(TARGET).replicas == 0)
        old["metadata"] = {**old["metadata"], "resourceVersion": "1"}
        await api.events.put(("MODIFIED", old))
        await becomes(api.events.empty)
        assert watched.get(TARGET).replicas == 0

    run(test)


def test_a_job_that_only_has_the_label_is_none_of_the_object():
    async def test(api):
        watched = targets(api)
        await watched.scale(TARGET, await listed(watched), 1)
        (job,) = api.jobs.values()
        other = {**job, "metadata": {**job["metadata"], "name": "other", "ownerReferences": []}}
        await api.events.put(("ADDED", other))
        await becomes(api.events.empty)
        assert watched.get(TARGET).replicas == 1

    run(test)
