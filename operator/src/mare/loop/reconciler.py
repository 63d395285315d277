"""Reconciles one object: decide, record, and start the writes that follow."""

import asyncio
import logging
from dataclasses import dataclass, field, replace

from mare.background import Tasks
from mare.custom_resource import status_values
from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.conditions import conditions_of
from mare.domain.alarms import in_effect
from mare.domain.clause import Clause
from mare.domain.decide import decide
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.observation import Observation, Workload, statistics_time, without_stale
from mare.domain.unknown import Unknown
from mare.loop.metrics import Metrics
from mare.loop.operator_claim import Standing
from mare.loop.record import Record, View
from mare.loop.scale_writer import ScaleWriter
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.loop.target_owners import TargetOwners
from mare.loop.victims import count_idle_replicas, unchosen
from mare.loop.write_guard import WriteGuard
from mare.ports import (
    NOT_READ_YET,
    BrokerReading,
    Clock,
    ConflictingAutoscalers,
    Scale,
    Workloads,
)

_NOT_DECIDED = "NotDecided"
_CLOSING_SECONDS = 5
_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class Reconciler:
    """Reconciles objects one at a time; an error of one does not affect the others."""

    workloads: Workloads
    conflicts: ConflictingAutoscalers
    owners: TargetOwners
    scales: ScaleWriter
    statuses: StatusWriter
    guard: WriteGuard
    clock: Clock
    record: Record
    metrics: Metrics
    _tasks: Tasks = field(default_factory=Tasks, init=False)

    def reconcile(self, state: AutoscalerState, reading: BrokerReading) -> None:
        """Decide on a reading of the queues, and start the writes that follow."""
        try:
            self._reconcile(state, reading)
        except Exception as error:  # noqa: BLE001 - an error of one object must not end the others
            self._record_failure(state, reading, error)

    def _record_failure(
        self, state: AutoscalerState, reading: BrokerReading, error: Exception
    ) -> None:
        """Report why there is no decision; the next reconciliation may make one."""
        key, now = state.autoscaler.key, self.clock()
        problem = Unknown(_NOT_DECIDED, f"{type(error).__name__}: {error}"[:512])
        if problem != state.problem:
            _log.error("Object could not be decided", extra={"object": key}, exc_info=error)
            self.record.failures.append(now)
        state.problem = problem
        seen = _without_stale_values(state, reading, now)
        view = self._record_view(state, reading, seen, scale=problem, problem=problem)
        if state.needs_status_write(view.at):
            self._tasks.start(self.statuses.write(state))

    def _reconcile(self, state: AutoscalerState, raw: BrokerReading) -> None:
        now = self.clock()
        scale = self.workloads.get(state.autoscaler.target)
        if scale == NOT_READ_YET:
            return
        reading = _without_stale_values(state, raw, now)
        decision = _decide(state, scale, reading, now) if isinstance(scale, Scale) else None
        state.rates.observe(raw.queues)
        if decision is not None and (not decision.changes or _was_undecided(state)):
            state.problem = None
        standing = state.claim.standing(now)
        if standing is Standing.ACTS:
            conflict = self._conflict(state.autoscaler)
        else:
            conflict = _other_operator(state)
        problem = conflict or state.problem
        view = self._record_view(
            state, raw, reading, scale=scale, decision=decision, problem=problem
        )
        if self.guard.is_paused:
            return
        if standing is not Standing.ACTS:
            self._leave_to_other_operator(state, standing, conflict)
        elif (
            decision is not None
            and isinstance(scale, Scale)
            and decision.changes
            and not state.autoscaler.spec.dry_run
            and conflict is None
            and now >= state.scale_retry.due
        ):
            state.scaling = True
            self._tasks.start(self.scales.write(state, view, scale, decision))
        elif state.needs_status_write(now):
            state.writing = True
            self._tasks.start(self.statuses.write(state))

    def _leave_to_other_operator(
        self, state: AutoscalerState, standing: Standing, problem: Unknown | None
    ) -> None:
        """Challenge the other operator when it is time; report one that has answered."""
        if standing is Standing.CHALLENGES and state.may_write_status(self.clock()):
            state.writing = True
            self._tasks.start(self.statuses.challenge(state))
        elif state.claim.lost and problem is not None:
            state.claim.lost = False
            self.record.failures.append(self.clock())
            event = self.statuses.publish_event(state, "Warning", problem.reason, problem.cause)
            self._tasks.start(event)

    def _conflict(self, autoscaler: Autoscaler) -> Unknown | None:
        """Return why the workload is left to another autoscaler."""
        other = self.conflicts.find(autoscaler.target) or self.owners.owner(autoscaler)
        if other is None:
            return None
        both = f"{other} scales {autoscaler.target} as well"
        text = f"{both}: nothing is changed until one of them is deleted"
        return Unknown("OtherAutoscaler", text, other)

    def _record_view(
        self,
        state: AutoscalerState,
        raw: BrokerReading,
        reading: BrokerReading,
        *,
        scale: Scale | Unknown,
        decision: Decision | None = None,
        problem: Unknown | None,
    ) -> View:
        """Derive the conditions; add the view to the record and to the metrics.

        `raw` is the reading before its stale values were replaced.
        """
        autoscaler, now = state.autoscaler, self.clock()
        conditions = conditions_of(
            autoscaler=autoscaler,
            scale=scale,
            problem=problem,
            unchosen=unchosen(state, scale) if isinstance(scale, Scale) else None,
            reading=reading,
            decision=decision,
            history=state.history,
            silent_since=state.observe_leaders(reading, now),
            now=now,
        )
        estimates = state.history.learning.estimates if state.history else Estimates()
        replicas = scale.replicas if isinstance(scale, Scale) else 0
        capacity = autoscaler.spec.capacity_per_replica or estimates.capacity_per_replica
        view = state.view = View(
            at=now,
            autoscaler=autoscaler,
            scale=scale,
            reading=reading,
            statistics_at=_oldest_statistics(raw),
            decision=decision,
            estimates=estimates,
            depth=status_values.depth(reading.queues),
            wait_seconds=status_values.wait_seconds(reading.queues, capacity, replicas),
            rates=state.rates.total(reading.queues),
            conditions=conditions,
        )
        self.record.add(view)
        self.metrics.observed(view)
        return view

    async def close(self) -> None:
        """Wait for writes that are under way; each request has a time-out of its own."""
        await self.scales.close()
        if self._tasks.running:
            await asyncio.wait(self._tasks.running, timeout=_CLOSING_SECONDS)
        await self._tasks.cancel()


def _without_stale_values(
    state: AutoscalerState, reading: BrokerReading, now: float
) -> BrokerReading:
    """Return the reading for `decide`: values that are too old are unknown."""
    staleness_seconds = state.autoscaler.spec.staleness_seconds
    at = statistics_time(reading.busy_at, now, staleness_seconds)
    if isinstance(at, Unknown):
        busy = reading.busy if isinstance(reading.busy, Unknown) else at
        reading = replace(reading, busy=busy, alarm=at)
    if isinstance(reading.queues, Unknown) or not reading.queues:
        return reading
    queues = tuple(without_stale(each, now, staleness_seconds) for each in reading.queues)
    oldest = _oldest_statistics(reading)
    lost = reading.lost
    if oldest is not None and isinstance(statistics_time(oldest, now, staleness_seconds), Unknown):
        lost = (*lost, Clause("lost.stale", seconds=staleness_seconds))
    if queues == reading.queues and lost == reading.lost:
        return reading
    return replace(reading, queues=queues, lost=lost)


def _oldest_statistics(reading: BrokerReading) -> float | None:
    """Return when the oldest statistics were taken; None if no queue has any."""
    queues = () if isinstance(reading.queues, Unknown) else reading.queues
    times = (at for each in queues if not isinstance(at := each.statistics_at, Unknown))
    return min(times, default=None)


def _other_operator(state: AutoscalerState) -> Unknown:
    name = state.claim.other
    text = f"operator {name} acts on this object, operator {state.claim.own} leaves it alone"
    return Unknown("OtherOperator", text, name)


def _was_undecided(state: AutoscalerState) -> bool:
    return state.problem is not None and state.problem.reason == _NOT_DECIDED


def _decide(state: AutoscalerState, scale: Scale, reading: BrokerReading, now: float) -> Decision:
    if state.history is None:
        state.history = History.begin(now, scale.replicas, state.estimates)
    idle = count_idle_replicas(state, scale, reading.busy, now)
    workload = Workload(
        replicas=scale.replicas, ready=scale.ready, idle=idle, grace_seconds=scale.grace_seconds
    )
    observation = Observation(
        workload=workload, queues=reading.queues, alarm=in_effect(reading.alarm)
    )
    decision, state.history = decide(state.autoscaler.spec, observation, state.history, now)
    return decision
