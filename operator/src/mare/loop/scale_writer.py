"""Carries decisions out, one at a time for each object.

A change can fail; it is never decided here.
"""

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from mare.background import Tasks
from mare.domain.decision import Decision
from mare.domain.unknown import Unknown
from mare.loop.attempts import OBJECT_CHANGED
from mare.loop.killed_replicas import KilledReplicas
from mare.loop.metrics import Metrics
from mare.loop.record import Record, View
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.loop.victims import Victims
from mare.loop.write_guard import WriteGuard
from mare.ports import (
    AccessRefused,
    ApiError,
    Clock,
    Conflict,
    InvalidName,
    NotFound,
    Rejected,
    Scale,
    Workloads,
)
from mare.tenant_scheduler import SCALE_WRITES, TenantScheduler

_REASONS = {
    NotFound: "WorkloadNotFound",
    AccessRefused: "Forbidden",
    InvalidName: "InvalidName",
    Rejected: "ScaleRefused",
}
_UNSENT_SECONDS = 2.0
"""How long nothing is said of a change that is not sent: the watch brings another version of the
object at once, and a write of the status is answered within a second."""
_STATUS_PENDING = Unknown("StatusPending", "the status of this object is not written yet")
_TURN_LATE = Unknown("TurnLate", "its turn came after the answer of the queues had expired")
_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class ScaleWriter:
    workloads: Workloads
    statuses: StatusWriter
    guard: WriteGuard
    clock: Clock
    metrics: Metrics
    record: Record
    scheduler: TenantScheduler
    _tasks: Tasks = field(default_factory=Tasks, init=False)

    def __post_init__(self) -> None:
        self._victims = Victims(self.workloads, self.clock)
        self._killed = KilledReplicas(self.workloads, self.statuses, self.metrics, self.scheduler)

    async def close(self) -> None:
        """Wait for changes that are under way; each request has a time-out of its own."""
        await self._tasks.finish()
        await self._killed.close()

    def start(self, state: AutoscalerState, view: View, scale: Scale, decision: Decision) -> None:
        """Set the replicas in the background, then write the status and an Event."""
        state.scaling_since = self.clock()
        self._tasks.start(self._write(state, view, scale, decision))

    def forget_failure(self, state: AutoscalerState, decision: Decision) -> None:
        """Forget why a change failed that is not wanted any more: a later one has not failed."""
        is_wanted = decision.desired != decision.current
        if not is_wanted and self.clock() >= state.scale_attempts.due:
            state.scale_attempts.succeeded()
            state.unsent_since = None

    async def _write(
        self, state: AutoscalerState, view: View, scale: Scale, decision: Decision
    ) -> None:
        try:
            await self._change(state, view, scale, decision)
        except Exception as error:  # noqa: BLE001 - an error of one object must not end the others
            _log.exception("Workload could not be scaled", extra={"object": state.autoscaler.key})
            self._failed(state, "Unavailable", error)
        finally:
            state.scaling_since = None

    async def _change(
        self, state: AutoscalerState, view: View, scale: Scale, decision: Decision
    ) -> None:
        try:
            async with self.scheduler.turn(SCALE_WRITES, state.autoscaler.key.namespace):
                sent = await self._send(state, view, scale, decision)
        except Conflict as error:
            self._record_created(state, view, decision, error)
            if self.guard.allows_writes(state) and view.autoscaler is state.autoscaler:
                await self._refresh(state)
            else:  # a pause or a change of the object, and no other client, ended the change
                state.due = 0.0
        except ApiError as error:
            self._record_created(state, view, decision, error)
            self._failed(state, _reason(state, error), error)
        else:
            if sent is True:
                self._succeeded(state, view, decision)
            else:
                self._not_sent(state, sent)

    async def _send(
        self, state: AutoscalerState, view: View, scale: Scale, decision: Decision
    ) -> Literal[True] | Unknown | None:
        """Mark Pods and send the PATCH; return True if it is sent.

        Each request waits, so that the decision can be out of date before the next one. Returns
        what the change waits for if it is not sent, None if the next decision shows that.
        """
        is_allowed = partial(self.guard.allows_scaling, state, view)
        if not is_allowed():
            return self._turn_late(decision)
        if not await self._victims.mark(state, scale, view.reading, decision, is_allowed):
            return None
        if not is_allowed():
            return self._turn_late(decision)
        before = state.may_have_scaled
        missing = await self._record_counts(state, scale.replicas)
        if missing is not None or not is_allowed():
            return self._turn_late(decision) or missing
        state.original_replicas, state.unsent_since = state.original_of(scale.replicas), None
        state.may_have_scaled = True
        try:
            await self.workloads.scale(view.autoscaler.target, scale, decision.replicas, is_allowed)
        except (Conflict, NotFound, AccessRefused, InvalidName, Rejected):
            state.may_have_scaled = before
            raise
        except Exception:
            state.unanswered = scale.replicas, decision.replicas
            raise
        return True

    def _turn_late(self, decision: Decision) -> Unknown | None:
        is_late = decision.expires_at is not None and self.clock() > decision.expires_at
        return _TURN_LATE if is_late else None

    async def _record_counts(self, state: AutoscalerState, replicas: int) -> Unknown | None:
        """Write down what only the count before the change shows; return why if that fails.

        Failed writes of the status do not delay it: a change has attempts of its own. After a
        conflict, the watch brings the version to write over.
        """
        if not state.counts_are_missing(replicas):
            return None
        stored = state.stored
        if stored.writing:
            return _STATUS_PENDING
        if stored.outdated and self.clock() < stored.attempts.due:
            return OBJECT_CHANGED
        try:
            await self.statuses.record_counts(state, replicas)
        except (Conflict, NotFound):  # the watch brings the object of now
            return OBJECT_CHANGED
        return None

    def _not_sent(self, state: AutoscalerState, problem: Unknown | None) -> None:
        """Name in the next decision what a change waits for, if that takes longer than usual.

        The pause stays short: as long as one between writes of the status, which doubles with each
        conflict, it delayed a change by 30 s while another client changed the object.
        """
        if problem is None:
            return
        now, attempts = self.clock(), state.scale_attempts
        state.unsent_since = now if state.unsent_since is None else state.unsent_since
        if now - state.unsent_since < _UNSENT_SECONDS:
            return
        if attempts.problem != problem:
            self._report(state, problem.cause)
        attempts.problem, attempts.due = problem, now + attempts.first

    async def _refresh(self, state: AutoscalerState) -> None:
        """Read the workload after a conflict, and decide again: at once the first time."""
        self.metrics.conflicts.inc()
        attempts = state.scale_attempts
        if attempts.failures == 0:
            attempts.next_delay()
        else:
            text = "another client changes the workload at the same time"
            attempts.failed(self.clock(), Unknown("Conflict", text))
        try:
            async with self.scheduler.turn(SCALE_WRITES, state.autoscaler.key.namespace):
                await self.workloads.refresh(state.autoscaler.target)
        except ApiError as error:
            self._failed(state, _reason(state, error), error)
        state.due = 0.0

    def _failed(self, state: AutoscalerState, reason: str, error: Exception) -> None:
        now, text = self.clock(), str(error)[:512]
        state.scale_attempts.failed(now, Unknown(reason, text))
        self.guard.pause_after(error)
        self._report(state, text)

    def _report(self, state: AutoscalerState, text: str) -> None:
        self.record.failures.append(self.clock())
        _log.warning(
            "Workload could not be scaled", extra={"object": state.autoscaler.key, "error": text}
        )

    def _record_created(
        self, state: AutoscalerState, view: View, decision: Decision, error: ApiError
    ) -> None:
        """Record the Jobs that were created before a decision was cut short."""
        if error.created:
            self.guard.pause_after(error)  # before the write of the status
            count = decision.current + error.created
            text = f"{decision.current} → {count} Jobs instead of {decision.replicas}: {error}"
            part = replace(decision, replicas=count, message=text[:512])
            self._succeeded(state, view, part)

    def _succeeded(self, state: AutoscalerState, view: View, decision: Decision) -> None:
        now, change = self.clock(), decision.replicas - decision.current
        state.scale_attempts.succeeded()
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
        state.record_applied(replace(view, scale=scale), change, now)
        # Not awaited: the next change of the object need not wait for the turns of both.
        self.statuses.start_applied(state, decision.reason, decision.message)


def _reason(state: AutoscalerState, error: ApiError) -> str:
    if isinstance(error, Rejected) and state.autoscaler.spec.jobs is not None:
        return "JobRefused"
    return _REASONS.get(type(error), "Unavailable")
