"""Gives a workload its original replicas back when its object is deleted (`spec.onDelete`).

Replicas are removed as in any scale-down: idle ones first, and busy ones stay for as long as
`victims` says. There is no finalizer: it would block the deletion of namespaces while no operator
runs.
"""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from functools import partial

from mare.background import Tasks
from mare.backoff import Backoff
from mare.domain.evidence import Evidence
from mare.domain.unknown import Unknown
from mare.loop.deciding import decide_on, fresh_reading
from mare.loop.quiet_checks import QuietChecks
from mare.loop.state import AutoscalerState
from mare.loop.target_owners import TargetOwners
from mare.loop.victims import Victims
from mare.loop.write_guard import requested_pause
from mare.ports import (
    BrokerReading,
    Brokers,
    ConflictingAutoscalers,
    DecisionClock,
    Leadership,
    NotFound,
    Scale,
    Unavailable,
    Workloads,
)
from mare.tenant_scheduler import RESTORES, TenantScheduler

_MAX_ATTEMPTS = 6
_STEP_SECONDS = 1.0
"""Time between two reads of the queues while busy replicas stay."""
_MORE_SECONDS = 60.0
"""Time after maxDrainWaitSeconds that queues have to confirm that they have no message. Then the
count is set whatever they answer: nothing else ends a restore."""
_LATE_SECONDS = 10.0
"""After which a change whose answer was lost has been made, if it ever is."""
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
        backoff, left = Backoff(0.5, 8.0), None
        wait_seconds = state.autoscaler.spec.max_drain_wait_seconds
        until = self.clock() + wait_seconds + _MORE_SECONDS
        was_late = False
        while backoff.failures < _MAX_ATTEMPTS:
            if state.scaling_since is not None:  # that change would come after the restore
                await asyncio.sleep(_STEP_SECONDS)
                continue
            try:
                async with self.scheduler.turn(RESTORES, state.autoscaler.key.namespace):
                    left = await self._step(state, replicas, left, until)
            except NotFound:
                return
            except Exception as error:  # noqa: BLE001 - no later event would begin it again
                _log.warning(
                    "Original replicas could not be restored",
                    extra={"object": state.autoscaler.key, "error": repr(error)[:512]},
                )
                await asyncio.sleep(max(backoff.next_delay(), requested_pause(error)))
            else:
                backoff.reset()
                pause = _STEP_SECONDS
                if left is None:
                    if state.unanswered is None or was_late:
                        return
                    was_late, left, pause = True, replicas, _LATE_SECONDS
                await asyncio.sleep(pause)

    async def _step(
        self, state: AutoscalerState, replicas: int, left: int | None, until: float
    ) -> int | None:
        """Come closer to the original count; return the count, or None if nothing is left to do.

        Nothing is left to do if another autoscaler or replica is responsible by now, or if the
        count is not `left`, the count of the last step, and not that of a change whose answer was
        lost: another client has set it.
        """
        target = state.autoscaler.target
        if not self._is_responsible(state):
            return None
        await self.workloads.refresh(target)
        scale = self.workloads.get(target)
        if not self._is_responsible(state) or not isinstance(scale, Scale):
            return None
        counts = {left, *(state.unanswered or ())}
        if left is not None and scale.replicas not in counts:
            return None
        if scale.replicas > replicas and self.clock() < until:
            return await self._remove(state, scale, replicas)
        if scale.replicas != replicas:
            await self._scale(state, scale, replicas)
        return None

    def _is_responsible(self, state: AutoscalerState) -> bool:
        target = state.autoscaler.target
        is_taken = self.owners.is_owned(target) or self.conflicts.find(target) is not None
        return self.leadership() and not is_taken

    async def _remove(self, state: AutoscalerState, scale: Scale, replicas: int) -> int | None:
        """Remove the replicas that `victims` allows; return the count, or None at the end."""
        reading = fresh_reading(state, await self._read(state), self.clock())
        evidence = Evidence(quiet_answer=state.quiet_answer)
        decision = decide_on(state, scale, reading, evidence, self.clock)
        if decision.asks_queues:
            state.quiet_answer = await self._quiet_checks.check(state.autoscaler)
            evidence = Evidence(quiet_answer=state.quiet_answer)
            decision = decide_on(state, scale, reading, evidence, self.clock)
        if not self._is_responsible(state):
            return None
        if not decision.changes:
            return scale.replicas
        is_allowed = partial(self._is_responsible, state)
        if not await self._victims.mark(state, scale, reading, decision, is_allowed):
            return scale.replicas
        if not self._is_responsible(state):
            return None
        await self._scale(state, scale, decision.replicas)
        return None if decision.replicas == replicas else decision.replicas

    async def _read(self, state: AutoscalerState) -> BrokerReading:
        try:
            readings = await self.brokers.read([state.autoscaler])
            return readings[state.autoscaler.key]
        except Exception as error:  # noqa: BLE001 - the replicas stay for as long as victims says
            _log.debug("Queues could not be read", exc_info=error)
            why = Unknown("NotUnderstood", f"reading the queues fails ({type(error).__name__})")
            return BrokerReading(queues=why, busy=why)

    async def _scale(self, state: AutoscalerState, scale: Scale, replicas: int) -> None:
        try:
            await self.workloads.scale(state.autoscaler.target, scale, replicas)
        except Unavailable:
            state.unanswered = scale.replicas, replicas
            raise
        _log.info(
            "Restored original replicas",
            extra={"object": state.autoscaler.key, "from": scale.replicas, "to": replicas},
        )

    async def close(self) -> None:
        await self._tasks.cancel()
