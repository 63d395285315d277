"""Reads why replicas are not ready, while too few of them are for minutes."""

from contextlib import suppress

from mare.background import Tasks
from mare.domain.unready import UNREADY_SECONDS
from mare.loop.state import AutoscalerState
from mare.ports import AccessRefused, ApiError, Clock, Scale, Workloads
from mare.tenant_scheduler import POD_READS, TenantScheduler

_EARLIER_SECONDS = 30.0
"""The first read is before the condition turns bad, so that its Event has the cause."""
_PERIOD_SECONDS = 60.0
_REFUSED_SECONDS = 600.0
"""Period while the right to list Pods is missing, as where the chart has `markPods: false`."""


class UnreadyCauses:
    def __init__(self, workloads: Workloads, clock: Clock, scheduler: TenantScheduler) -> None:
        self._workloads = workloads
        self._clock = clock
        self._scheduler = scheduler
        self._tasks = Tasks()

    def update(self, state: AutoscalerState, scale: Scale, now: float) -> None:
        """Start a read if it is due; forget the cause once enough replicas are ready."""
        seconds = state.history.unready.seconds(now) if state.history else 0.0
        if seconds < UNREADY_SECONDS - _EARLIER_SECONDS:
            state.unready_cause = None
        elif now >= state.unready_cause_due:
            state.unready_cause_due = now + _PERIOD_SECONDS
            self._tasks.start(self._read(state, scale))

    async def _read(self, state: AutoscalerState, scale: Scale) -> None:
        target = state.autoscaler.target
        with suppress(ApiError):  # the cause that was read before stays
            try:
                async with self._scheduler.turn(POD_READS, target.namespace):
                    state.unready_cause = await self._workloads.unready_cause(target, scale)
            except AccessRefused:
                state.unready_cause_due = self._clock() + _REFUSED_SECONDS

    async def close(self) -> None:
        await self._tasks.cancel()
