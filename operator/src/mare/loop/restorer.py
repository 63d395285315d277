"""Gives a workload its original replicas back when its object is deleted (`spec.onDelete`).

Replicas are removed as in any scale-down: idle ones first, and busy ones stay for as long as
`victims` says. There is no finalizer: it would block the deletion of namespaces while no operator
runs.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mare.background import Tasks
from mare.backoff import Backoff
from mare.domain.evidence import Evidence, Marking
from mare.domain.unknown import Unknown
from mare.loop.deciding import decide_on, fresh_reading
from mare.loop.quiet_checks import QuietChecks
from mare.loop.state import AutoscalerState
from mare.loop.target_owners import TargetOwners
from mare.loop.victims import Victims
from mare.ports import (
    ApiError,
    BrokerReading,
    Brokers,
    ConflictingAutoscalers,
    DecisionClock,
    Leadership,
    NotFound,
    Scale,
    Workloads,
)
from mare.tenant_scheduler import RESTORES, TenantScheduler

_MAX_ATTEMPTS = 6
_STEP_SECONDS = 1.0
"""Time between two reads of the queues while busy replicas stay."""
_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class ReplicaRestorer:
    workloads: Workloads
    brokers: Brokers
    leadership: Leadership
    owners: TargetOwners
    conflicts: ConflictingAutoscalers
    clock: DecisionClock
    scheduler: TenantScheduler
    _tasks: Tasks = field(default_factory=Tasks, init=False)

    def __post_init__(self) -> None:
        self._victims = Victims(self.workloads, self.clock)
        self._quiet_checks = QuietChecks(self.brokers, self.clock, self.scheduler, lambda _: None)

    def start(self, state: AutoscalerState) -> None:
        autoscaler, replicas = state.autoscaler, state.original_replicas
        if replicas is None or not state.may_have_scaled:
            return
        if not autoscaler.restores_replicas or autoscaler.spec.dry_run:
            return
        state.autoscaler = replace(autoscaler, spec=autoscaler.spec.restoring(replicas))
        self._tasks.start(self._restore(state, replicas))

    async def _restore(self, state: AutoscalerState, replicas: int) -> None:
        backoff = Backoff(0.5, 8.0)
        while backoff.failures < _MAX_ATTEMPTS:
            try:
                async with self.scheduler.turn(RESTORES, state.autoscaler.key.namespace):
                    is_over = await self._step(state, replicas)
            except NotFound:
                return
            except ApiError as error:
                _log.warning(
                    "Original replicas could not be restored",
                    extra={"object": state.autoscaler.key, "error": str(error)[:512]},
                )
                await asyncio.sleep(backoff.next_delay())
            else:
                if is_over:
                    return
                backoff.reset()
                await asyncio.sleep(_STEP_SECONDS)

    async def _step(self, state: AutoscalerState, replicas: int) -> bool:
        """Come closer to the original count; return whether nothing is left to do.

        Nothing is left to do if another autoscaler or replica is responsible by now.
        """
        target = state.autoscaler.target
        await self.workloads.refresh(target)
        scale = self.workloads.get(target)
        if not self._is_responsible(state) or not isinstance(scale, Scale):
            return True
        if scale.replicas > replicas:
            return await self._remove(state, scale, replicas)
        if scale.replicas < replicas:
            await self._scale(state, scale, replicas)
        return True

    def _is_responsible(self, state: AutoscalerState) -> bool:
        target = state.autoscaler.target
        is_taken = self.owners.is_owned(target) or self.conflicts.find(target) is not None
        return self.leadership() and not is_taken

    async def _remove(self, state: AutoscalerState, scale: Scale, replicas: int) -> bool:
        """Remove the replicas that `victims` allows; return whether no other one has to go."""
        reading = fresh_reading(state, await self._read(state), self.clock())
        evidence = Evidence(quiet_answer=state.quiet_answer)
        decision = decide_on(state, scale, reading, evidence, self.clock)
        if decision.asks_queues:
            state.quiet_answer = await self._quiet_checks.check(state.autoscaler)
            evidence = Evidence(quiet_answer=state.quiet_answer)
            decision = decide_on(state, scale, reading, evidence, self.clock)
        if not decision.changes or not self._is_responsible(state):
            return not self._is_responsible(state)
        if decision.marking is not Marking.NONE and not scale.ignores_deletion_cost:
            is_marked = await self._mark(state, scale, reading.busy)
            if not is_marked and decision.marking is Marking.REQUIRED:
                return False
        if not self._is_responsible(state):
            return True
        await self._scale(state, scale, decision.replicas)
        return decision.replicas == replicas

    async def _mark(
        self, state: AutoscalerState, scale: Scale, busy: Mapping[str, int] | Unknown
    ) -> bool:
        if isinstance(busy, Unknown) or not busy:
            return False
        return await self._victims.mark(state, scale, busy, lambda: self._is_responsible(state))

    async def _read(self, state: AutoscalerState) -> BrokerReading:
        try:
            readings = await self.brokers.read([state.autoscaler])
            return readings[state.autoscaler.key]
        except Exception as error:  # noqa: BLE001 - the replicas stay for as long as victims says
            _log.debug("Queues could not be read", exc_info=error)
            why = Unknown("NotUnderstood", f"reading the queues fails ({type(error).__name__})")
            return BrokerReading(queues=why, busy=why)

    async def _scale(self, state: AutoscalerState, scale: Scale, replicas: int) -> None:
        await self.workloads.scale(state.autoscaler.target, scale, replicas)
        _log.info(
            "Restored original replicas",
            extra={"object": state.autoscaler.key, "from": scale.replicas, "to": replicas},
        )

    async def close(self) -> None:
        await self._tasks.cancel()
