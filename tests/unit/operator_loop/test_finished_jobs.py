"""Finished Jobs beyond the history limits are deleted, a few times a minute at most."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from mare.custom_resource.autoscaler import ScaleTarget, read_autoscaler
from mare.domain.jobs import Job, JobState
from mare.loop.finished_jobs import FinishedJobs
from mare.loop.operator_claim import OperatorClaim
from mare.loop.state import AutoscalerState
from mare.ports import AccessRefused, NotFound, Rejected, Scale, Unavailable
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.fakes import FakeWorkloads
from tests.unit.operator_loop.job_api import job_body


class Workloads(FakeWorkloads):
    def __init__(self) -> None:
        super().__init__()
        self.deleted_at: list[float] = []
        self.error: Exception | None = None

    async def delete_job(self, target: ScaleTarget, job: Job) -> None:
        self.deleted_at.append(round(virtual_time.now()))
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (None, [0, 5, 10, 15]),
        (NotFound("no such Job"), [0, 5, 10, 15]),
        (AccessRefused("the operator has no right"), [0]),
        (Rejected("a webhook refuses deletions"), [0, 0]),
        (Unavailable("the API server starts"), [0, 5, 10, 15]),
    ],
)
async def test_a_job_that_is_still_listed_is_deleted_again_after_seconds(error, times):
    """The watch shows a deletion later: each decision until then would send another one."""
    guard = SimpleNamespace(allows_writes=lambda _: True, pause_after=lambda _: None)
    workloads = Workloads()
    workloads.error = error
    finished = FinishedJobs(workloads, guard, virtual_time.now)  # type: ignore[arg-type]
    spec: Any = job_body(jobs={"successfulJobsHistoryLimit": 0})
    state = AutoscalerState(read_autoscaler(spec), 0, OperatorClaim(""))
    states = (JobState.SUCCEEDED, JobState.RUNNING)
    if isinstance(error, Rejected):  # the next one is deleted nevertheless
        states = (JobState.SUCCEEDED, *states)
    jobs = tuple(
        Job(name=f"job-{number}", version="1", number=number, state=each, created=0.0)
        for number, each in enumerate(states, start=1)
    )
    scale = Scale(replicas=1, version="1", ready=0, selector="", jobs=jobs)
    for second in range(18):
        finished.update(state, scale)
        await asyncio.sleep(second + 1 - virtual_time.now())
    await finished.close()

    assert workloads.deleted_at == times
