"""Reconciles one object: decide, record, and start the writes that follow."""

import logging
from dataclasses import dataclass

from mare.custom_resource import status_values
from mare.custom_resource.conditions import conditions_of, unknown_of
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.evidence import Evidence
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown
from mare.loop.deciding import decide_on, fresh_reading, observe_nothing, oldest_statistics
from mare.loop.evidence_collector import EvidenceCollector
from mare.loop.finished_jobs import FinishedJobs
from mare.loop.metrics import Metrics
from mare.loop.operator_claim import Standing
from mare.loop.quiet_checks import QuietChecks
from mare.loop.record import Record, View
from mare.loop.scale_writer import ScaleWriter
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.loop.unready_causes import UnreadyCauses
from mare.loop.victims import unchosen
from mare.loop.write_guard import WriteGuard
from mare.ports import (
    NOT_READ_YET,
    BrokerReading,
    Brokers,
    DecisionClock,
    Scale,
    Workloads,
)
from mare.tenant_scheduler import TenantScheduler

_NOT_DECIDED = "NotDecided"
_DELAYED_SECONDS = 1.0
"""Time after which a change under way is reported; until then its own status write is due soon."""
_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class Reconciler:
    """Reconciles objects one at a time; an error of one does not affect the others."""

    workloads: Workloads
    evidence: EvidenceCollector
    brokers: Brokers
    scales: ScaleWriter
    statuses: StatusWriter
    guard: WriteGuard
    clock: DecisionClock
    record: Record
    metrics: Metrics
    scheduler: TenantScheduler

    def __post_init__(self) -> None:
        self._quiet_checks = QuietChecks(
            self.brokers, self.clock, self.scheduler, self._reconcile_answer
        )
        self._unready_causes = UnreadyCauses(self.workloads, self.clock, self.scheduler)
        self._finished_jobs = FinishedJobs(self.workloads, self.guard, self.clock)

    def _reconcile_answer(self, state: AutoscalerState) -> None:
        """Decide on the last reading again, with the answer of the queues."""
        if state.view is not None and self.guard.allows_writes(state):
            self.reconcile(state, state.view.reading)

    def reconcile(self, state: AutoscalerState, reading: BrokerReading) -> None:
        """Decide on a reading of the queues, and start the writes that follow."""
        try:
            self._reconcile(state, reading)
        except Exception as error:  # noqa: BLE001 - an error of one object must not end the others
            try:
                self._record_failure(state, reading, error)
            except Exception:  # noqa: BLE001 - the status shows an older state then
                extra = {"object": state.autoscaler.key}
                _log.exception("Object could not be reported", extra=extra)

    def _record_failure(
        self, state: AutoscalerState, reading: BrokerReading, error: Exception
    ) -> None:
        """Report why there is no decision; the next reconciliation may make one."""
        key, now = state.autoscaler.key, self.clock()
        problem = Unknown(_NOT_DECIDED, f"{type(error).__name__}: {error}"[:512])
        if problem != state.undecided:
            _log.error("Object could not be decided", extra={"object": key}, exc_info=error)
            self.record.failures.append(now)
        state.undecided = problem
        seen = fresh_reading(state, reading, now)
        view = self._record_view(state, reading, seen, scale=problem, problem=problem)
        if state.stored.has_to_show(view, view.at):
            self.statuses.start(state)

    def _reconcile(self, state: AutoscalerState, raw: BrokerReading) -> None:
        now = self.clock()
        scale = self.workloads.get(state.autoscaler.target)
        if scale == NOT_READ_YET or state.rests(raw, scale, now):
            return
        reading = fresh_reading(state, raw, now)
        standing = state.claim.standing(now)
        evidence = self.evidence.collect(state, standing)
        decision = None
        if isinstance(scale, Scale):
            decision = decide_on(state, scale, reading, evidence, self.clock)
            self._unready_causes.update(state, scale, now)
        else:
            observe_nothing(state, reading, now)
        state.undecided = None
        state.rates.observe(raw.queues)
        problem = evidence.conflict or _failure(state, evidence, decision)
        view = self._record_view(
            state, raw, reading, scale=scale, decision=decision, problem=problem
        )
        if standing is Standing.ACTS:
            self._carry_out(state, view, now)
        elif not self.guard.is_paused:
            self._leave_to_other_operator(state, standing, evidence.conflict)

    def _carry_out(self, state: AutoscalerState, view: View, now: float) -> None:
        """Start what the decision needs, and the status write if something else is to be shown."""
        decision, scale = view.decision, view.scale
        if decision is not None:
            self.scales.forget_failure(state, decision)
            if decision.asks_queues:
                self._quiet_checks.start(state)
        if self.guard.is_paused:
            return
        if view.autoscaler.spec.jobs is not None:
            self._finished_jobs.update(state, scale)
        since = state.scaling_since
        is_wanted = decision is not None and decision.changes and not view.autoscaler.spec.dry_run
        if is_wanted and since is None and decision and isinstance(scale, Scale):
            self.scales.start(state, view, scale, decision)
        elif since is not None and now - since <= _DELAYED_SECONDS:
            return
        elif state.stored.has_to_show(view, now):
            self.statuses.start(state)

    def _leave_to_other_operator(
        self, state: AutoscalerState, standing: Standing, conflict: Unknown | None
    ) -> None:
        """Challenge the other operator when it is time; report one that has answered."""
        if standing is Standing.CHALLENGES and state.stored.may_be_written(self.clock()):
            self.statuses.start_challenge(state)
        elif state.claim.lost and conflict is not None:
            state.claim.lost = False
            self.record.failures.append(self.clock())
            self.statuses.start_warning(state, conflict.reason, conflict.cause)

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
        state.unreadable_since = (state.unreadable_since or now) if raw.is_unreadable else None
        unread = unknown_of(reading.queues) or (decision.unconfirmed if decision else None)
        is_silent = unread is not None and unread.reason == "LeaderSilent"
        state.silent_since = (state.silent_since or now) if is_silent else None
        if isinstance(scale, Scale) and not isinstance(reading.busy, Unknown):
            addresses = len(reading.busy)
            state.other_consumers = state.other_consumers.observe(
                addresses, scale.replicas, now, scale.grace_seconds
            )
        conditions = conditions_of(
            autoscaler=autoscaler,
            scale=scale,
            problem=problem,
            unchosen=unchosen(state, scale) if isinstance(scale, Scale) else None,
            reading=reading,
            decision=decision,
            history=state.history,
            silent_since=state.silent_since,
            unready_cause=state.unready_cause,
            jobs=state.job_history,
            other_consumers=state.other_consumers,
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
            statistics_at=oldest_statistics(raw),
            decision=decision,
            estimates=estimates,
            history=state.history,
            job_failures=state.job_history.failures if state.job_history else None,
            depth=status_values.depth(reading.queues),
            wait_seconds=status_values.wait_seconds(reading.queues, capacity, replicas),
            rates=state.rates.total(reading.queues),
            unready=_unready(state, scale, now),
            conditions=conditions,
        )
        self.record.add(view)
        self.metrics.observed(view)
        return view

    async def close(self) -> None:
        """Wait for writes that are under way."""
        await self._quiet_checks.close()
        await self._unready_causes.close()
        await self._finished_jobs.close()
        await self.scales.close()
        await self.statuses.close()


def _unready(state: AutoscalerState, scale: Scale | Unknown, now: float) -> int | None:
    """Return how many replicas are not ready for minutes; None if that is not known."""
    if state.job_history is not None:
        return state.job_history.unstarted
    is_known = isinstance(scale, Scale) and not isinstance(scale.ready, Unknown)
    return state.history.unready.count(now) if is_known and state.history else None


def _failure(
    state: AutoscalerState, evidence: Evidence, decision: Decision | None
) -> Unknown | None:
    """Return why the last attempt failed, while its change is still wanted."""
    if evidence.failure is None or decision is None or state.autoscaler.spec.dry_run:
        return None
    is_wanted = decision.changes or decision.reason is Reason.UNABLE_TO_SCALE
    return evidence.failure.why if is_wanted else None
