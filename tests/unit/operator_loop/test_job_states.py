"""What the watch shows of a Job: when it runs, when it has ended, and whose it is."""

import pytest

from mare.domain.jobs import JobState
from tests.unit.operator_loop.job_api import TARGET
from tests.unit.operator_loop.test_jobs import becomes, listed


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
async def test_a_job_runs_once_a_pod_is_ready(api, watched, status, state):
    await watched.scale(TARGET, await listed(watched), 1)
    await api.set_status(api.created[0], **status)
    await becomes(lambda: watched.get(TARGET).jobs[0].state is state)


@pytest.mark.parametrize(("policy", "restarts"), [("Never", False), ("OnFailure", True)])
async def test_containers_restart_by_the_policy_of_their_pod(api, watched, policy, restarts):
    api.owner["spec"]["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] = policy
    await watched.scale(TARGET, await listed(watched), 1)
    assert [each.restarts_containers for each in watched.get(TARGET).jobs] == [restarts]


@pytest.mark.parametrize(
    ("kind", "state"), [("Complete", JobState.SUCCEEDED), ("Failed", JobState.FAILED)]
)
async def test_a_job_ends_by_its_condition(api, watched, kind, state):
    await watched.scale(TARGET, await listed(watched), 1)
    await api.end(api.created[0], kind)
    await becomes(lambda: watched.get(TARGET).jobs[0].state is state)
    (job,) = watched.get(TARGET).jobs
    assert job.life_seconds == 300
    assert watched.get(TARGET).replicas == 0


async def test_an_older_event_does_not_revive_a_job(api, watched):
    await watched.scale(TARGET, await listed(watched), 1)
    old = {**api.jobs[api.created[0]]}
    await api.end(api.created[0])
    await becomes(lambda: watched.get(TARGET).replicas == 0)
    old["metadata"] = {**old["metadata"], "resourceVersion": "1"}
    await api.events.put(("MODIFIED", old))
    await becomes(api.events.empty)
    assert watched.get(TARGET).replicas == 0


async def test_a_job_that_only_has_the_label_is_none_of_the_object(api, watched):
    await watched.scale(TARGET, await listed(watched), 1)
    (job,) = api.jobs.values()
    other = {**job, "metadata": {**job["metadata"], "name": "other", "ownerReferences": []}}
    await api.events.put(("ADDED", other))
    await becomes(api.events.empty)
    assert watched.get(TARGET).replicas == 1
