"""Workloads and Jobs behind one port: the kind of a target decides."""

from collections.abc import Callable, Iterable

from mare.cluster.jobs import WatchedJobs
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import JobTarget, ScaleTarget
from mare.domain.jobs import Job
from mare.domain.unknown import Unknown
from mare.ports import OnKilled, Removal, Scale


class WatchedTargets:
    """Implements `mare.ports.Workloads`."""

    def __init__(self, workloads: WatchedWorkloads, jobs: WatchedJobs) -> None:
        self._workloads = workloads
        self._jobs = jobs

    def get(self, target: ScaleTarget) -> Scale | Unknown:
        if isinstance(target, JobTarget):
            return self._jobs.get(target)
        return self._workloads.get(target)

    def keep_only(self, targets: Iterable[ScaleTarget]) -> None:
        found = list(targets)
        self._jobs.keep_only(each for each in found if isinstance(each, JobTarget))
        self._workloads.keep_only(each for each in found if not isinstance(each, JobTarget))

    async def scale(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        if isinstance(target, JobTarget):
            await self._jobs.scale(target, last_read, replicas, is_allowed)
        else:
            await self._workloads.scale(target, last_read, replicas, is_allowed)

    async def refresh(self, target: ScaleTarget) -> None:
        if isinstance(target, JobTarget):
            await self._jobs.refresh(target)
        else:
            await self._workloads.refresh(target)

    async def mark_victims(
        self,
        target: ScaleTarget,
        last_read: Scale,
        removal: Removal,
        is_allowed: Callable[[], bool],
    ) -> bool:
        return await self._workloads.mark_victims(target, last_read, removal, is_allowed)

    async def watch_killed(
        self, target: ScaleTarget, last_read: Scale, replicas: int, on_killed: OnKilled
    ) -> None:
        await self._workloads.watch_killed(target, last_read, replicas, on_killed)

    def remembered_jobs(self, target: ScaleTarget) -> tuple[tuple[Job, ...], bool]:
        return self._jobs.remembered_jobs(target) if isinstance(target, JobTarget) else ((), False)

    async def delete_job(self, target: ScaleTarget, job: Job) -> None:
        if isinstance(target, JobTarget):
            await self._jobs.delete_job(target, job)

    async def unready_cause(self, target: ScaleTarget, last_read: Scale) -> str | None:
        return await self._workloads.unready_cause(target, last_read)

    async def close(self) -> None:
        await self._jobs.close()
        await self._workloads.close()
