"""Applies decisions to workloads, a bounded number at a time and one at a time for each object.

Statuses have slots of their own: a new leader writes one for every object, and scaling must not
wait for them.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from functools import partial

from mare.domain.decision import Decision
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown
from mare.loop.killed_replicas import KilledReplicas
from mare.loop.metrics import Metrics
from mare.loop.record import Record, View
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.loop.victims import Victims
from mare.loop.write_guard import WriteGuard
from mare.ports import (
    MESSAGES_LEFT,
    AccessRefused,
    ApiError,
    Brokers,
    Clock,
    Conflict,
    InvalidName,
    NotFound,
    Scale,
    ScaleChange,
    Traces,
    Workloads,
)

_MAX_CONCURRENT_CHANGES = 16
_QUIET_CHECK_SECONDS = 1.0
_REASONS = {
    NotFound: "WorkloadNotFound",
    AccessRefused: "Forbidden",
    InvalidName: "InvalidName",
}
_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class ScaleWriter:
    brokers: Brokers
    workloads: Workloads
    statuses: StatusWriter
    guard: WriteGuard
    clock: Clock
    metrics: Metrics
    record: Record
    traces: Traces

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT_CHANGES)
        self._victims = Victims(self.workloads, self.clock)
        self._killed = KilledReplicas(self.workloads, self.statuses, self.metrics)

    async def close(self) -> None:
        await self._killed.close()

    async def write(
        self, state: AutoscalerState, view: View, scale: Scale, decision: Decision
    ) -> None:
        """Set the replicas, then write the status and an Event."""
        state.scaling, read_times = True, state.read_times
        try:
            async with self._slots:
                sent_at = await self._write(state, view, scale, decision)
            if sent_at is None:
                return
        except Conflict:
            await self._refresh(state)
        except ApiError as error:
            self._failed(state, error)
        except Exception:  # noqa: BLE001 - an error of one object must not end the others
            _log.exception("Workload could not be scaled", extra={"object": state.autoscaler.key})
            state.scale_retry.failed(self.clock())
        else:
            times = (*read_times, view.at, sent_at, self.clock())
            key, target = view.autoscaler.key, view.autoscaler.target
            self.traces.add(ScaleChange(key=key, target=target, decision=decision, times=times))
            await self._succeeded(state, view, decision)
        finally:
            state.scaling = False

    async def _write(
        self, state: AutoscalerState, view: View, scale: Scale, decision: Decision
    ) -> float | None:
        """Send the PATCH; return when that began.

        None if the decision is out of date or has to wait for busy Pods.
        """
        is_allowed = partial(self.guard.allows_scaling, state, view)
        if not is_allowed():
            return None
        needs_quiet = decision.reason is Reason.SCALED_TO_IDLE or _all_are_idle(state, decision)
        if needs_quiet and not await self._is_quiet(state):
            return None
        if not _all_are_idle(state, decision) and not await self._victims.may_scale_down(
            state, view.reading, scale, decision, is_allowed
        ):
            return None
        # The state can have changed during the requests to the broker and for the Pods.
        if not is_allowed():
            return None
        sent_at = self.clock()
        before = state.original_replicas
        if before is None:
            state.original_replicas = scale.replicas
        try:
            await self.workloads.scale(view.autoscaler.target, scale, decision.replicas)
        except (Conflict, NotFound, AccessRefused):  # after others the PATCH may have been applied
            state.original_replicas = before
            raise
        return sent_at

    async def _is_quiet(self, state: AutoscalerState) -> bool:
        """Read the queues now: statistics do not contain a message that was delivered since."""
        if self.clock() < state.quiet_check_due:
            return False
        why = await self.brokers.check_quiet(state.autoscaler)
        if why is None:
            return True
        now = self.clock()
        state.quiet_check_due = now + _QUIET_CHECK_SECONDS
        if why.reason == MESSAGES_LEFT and state.history is not None:
            state.history = state.history.restart_quiet_period(now)
        return False

    async def _refresh(self, state: AutoscalerState) -> None:
        """Read the workload after a conflict, and decide again: at once the first time."""
        self.metrics.conflicts.inc()
        is_first = state.scale_retry.failures == 0
        state.scale_retry.failed(self.clock())
        if is_first:
            state.scale_retry.due = 0.0
        try:
            await self.workloads.refresh(state.autoscaler.target)
        except ApiError as error:
            self._failed(state, error)
        state.due = 0.0

    def _failed(self, state: AutoscalerState, error: Exception) -> None:
        now, text = self.clock(), str(error)[:512]
        state.problem = Unknown(_REASONS.get(type(error), "Unavailable"), text)
        state.scale_retry.failed(now)
        self.guard.pause_after(error)
        self.record.failures.append(now)
        _log.warning(
            "Workload could not be scaled", extra={"object": state.autoscaler.key, "error": text}
        )

    async def _succeeded(self, state: AutoscalerState, view: View, decision: Decision) -> None:
        now, change = self.clock(), decision.replicas - decision.current
        state.scale_retry.succeeded()
        state.problem = None
        if state.history is not None:
            behavior = view.autoscaler.spec.behavior
            state.history = state.history.record_scaling(change, now, behavior)
        self.metrics.scaled(view.at, now, up=change > 0)
        _log.info(
            "Scaled workload",
            extra={
                "object": state.autoscaler.key,
                "from": decision.current,
                "to": decision.replicas,
                "reason": decision.reason,
            },
        )
        if change < 0 and isinstance(view.scale, Scale):
            self._killed.check_later(state, view.scale, decision.replicas)
        scale = self.workloads.get(view.autoscaler.target)
        state.view = state.applied = replace(view, scale=scale)
        await self.statuses.write(state)
        await self.statuses.publish_event(
            state,
            "Normal",
            decision.reason,
            decision.message,
            (decision.current, decision.replicas),
        )


def _all_are_idle(state: AutoscalerState, decision: Decision) -> bool:
    """Return whether a scale-down of idle replicas may remove any, since there is no message."""
    history = state.history
    if history is None or history.draining_since is None:
        return False
    return history.is_quiet_confirmed and decision.replicas < decision.current
