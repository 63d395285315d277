"""Gives a workload its original replicas back when its object is deleted (`spec.onDelete`).

There is no finalizer: it would block the deletion of namespaces while no operator runs.
"""

import asyncio
import logging

from mare.background import Tasks
from mare.backoff import Backoff
from mare.loop.state import AutoscalerState
from mare.loop.target_owners import TargetOwners
from mare.ports import (
    ApiError,
    ConflictingAutoscalers,
    Leadership,
    NotFound,
    Scale,
    Workloads,
)
from mare.tenant_scheduler import RESTORES, TenantScheduler

_MAX_ATTEMPTS = 6
_log = logging.getLogger(__name__)


class ReplicaRestorer:
    def __init__(
        self,
        workloads: Workloads,
        leadership: Leadership,
        owners: TargetOwners,
        conflicts: ConflictingAutoscalers,
        scheduler: TenantScheduler,
    ) -> None:
        self._workloads = workloads
        self._leadership = leadership
        self._owners = owners
        self._conflicts = conflicts
        self._scheduler = scheduler
        self._tasks = Tasks()

    def start(self, state: AutoscalerState) -> None:
        autoscaler, replicas = state.autoscaler, state.original_replicas
        if not autoscaler.restores_replicas or autoscaler.spec.dry_run or replicas is None:
            return
        self._tasks.start(self._restore(state, replicas))

    async def _restore(self, state: AutoscalerState, replicas: int) -> None:
        backoff = Backoff(0.5, 8.0)
        while backoff.failures < _MAX_ATTEMPTS:
            try:
                async with self._scheduler.turn(RESTORES, state.autoscaler.key.namespace):
                    await self._try(state, replicas)
            except NotFound:
                return
            except ApiError as error:
                _log.warning(
                    "Original replicas could not be restored",
                    extra={"object": state.autoscaler.key, "error": str(error)[:512]},
                )
                await asyncio.sleep(backoff.next_delay())
            else:
                return

    async def _try(self, state: AutoscalerState, replicas: int) -> None:
        """Send the PATCH, unless another autoscaler or replica is responsible by now."""
        target = state.autoscaler.target
        await self._workloads.refresh(target)
        scale = self._workloads.get(target)
        is_taken = self._owners.is_owned(target) or self._conflicts.find(target) is not None
        if not self._leadership() or is_taken:
            return
        if not isinstance(scale, Scale) or scale.replicas == replicas:
            return
        await self._workloads.scale(target, scale, replicas)
        _log.info(
            "Restored original replicas",
            extra={"object": state.autoscaler.key, "from": scale.replicas, "to": replicas},
        )

    async def close(self) -> None:
        await self._tasks.cancel()
