"""Deletes finished Jobs beyond the history limits of their object."""

import logging

from mare.background import Tasks
from mare.domain.jobs import Job, removable
from mare.domain.spec import JOB_PAUSES
from mare.domain.unknown import Unknown
from mare.loop.state import AutoscalerState
from mare.loop.write_guard import WriteGuard
from mare.ports import (
    AccessRefused,
    ApiError,
    Clock,
    Conflict,
    NotFound,
    Rejected,
    Scale,
    Workloads,
)

_PAUSE_SECONDS = 5.0
"""Time between two deletions for one object: each of them is for all Jobs since the last one."""
_OVER_BUDGET_SECONDS = 60.0
"""The same while the namespace has more Jobs than are remembered: half of them take 50 s."""
_REFUSED_SECONDS = 60.0
"""The same after a refusal: a webhook can refuse deletions for ever."""
_log = logging.getLogger(__name__)


class FinishedJobs:
    def __init__(self, workloads: Workloads, guard: WriteGuard, clock: Clock) -> None:
        self._workloads = workloads
        self._guard = guard
        self._clock = clock
        self._tasks = Tasks()

    def update(self, state: AutoscalerState, scale: Scale | Unknown) -> None:
        """Start the deletion of Jobs if there are too many.

        In a namespace with more Jobs than are remembered no object creates any: the older half of
        the finished ones is deleted, until all fit. A paused object keeps what its limits keep.
        """
        spec, now = state.autoscaler.spec, self._clock()
        if (rules := spec.jobs) is None or spec.dry_run or now < state.jobs_deleted_at:
            return
        if isinstance(scale, Scale):
            jobs, is_full, pause = scale.jobs, False, _PAUSE_SECONDS
        else:
            jobs, is_full = self._workloads.remembered_jobs(state.autoscaler.target)
            pause = _OVER_BUDGET_SECONDS
            state.jobs_deleted_at = now + _PAUSE_SECONDS
        jobs = removable(
            jobs,
            successful=rules.successful_jobs_history_limit,
            failed=rules.failed_jobs_history_limit,
            halved=is_full and spec.paused not in JOB_PAUSES,  # it needs no room for new ones
        )
        if jobs:
            state.jobs_deleted_at = now + pause
            self._tasks.start(self._delete(state, jobs))

    async def _delete(self, state: AutoscalerState, jobs: tuple[Job, ...]) -> None:
        failure: ApiError | None = None
        for job in jobs:
            if not self._guard.allows_writes(state):
                return
            try:
                await self._workloads.delete_job(state.autoscaler.target, job)
            except (NotFound, Conflict):  # a user or the TTL has deleted or changed it
                continue
            except Rejected as error:  # a webhook or a policy keeps this one
                failure = error
            except ApiError as error:
                failure = error
                break
        if failure is not None:
            self._guard.pause_after(failure)
            if isinstance(failure, Rejected | AccessRefused):
                state.jobs_deleted_at = self._clock() + _REFUSED_SECONDS
            extra = {"object": state.autoscaler.key, "error": str(failure)[:512]}
            _log.warning("Finished Jobs could not be deleted", extra=extra)

    async def close(self) -> None:
        await self._tasks.finish()
