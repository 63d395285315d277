"""One object looked at: decided, told to record and metrics, and carried out or written down."""

import logging

from mare.custom_resource import words
from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.conditions import conditions_of
from mare.domain.decide import decide
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.observation import Observation, Workload
from mare.domain.unknown import Unknown
from mare.loop.freshness import fresh
from mare.loop.metrics import Metrics
from mare.loop.record import Record, View
from mare.loop.scale_writer import ScaleWriter
from mare.loop.state import AutoscalerState
from mare.loop.target_owners import TargetOwners
from mare.loop.victims import idle_replicas, unchosen
from mare.ports import NOT_READ_YET, BrokerReading, Clock, ConflictingAutoscalers, Scale, Workloads

_NOT_DECIDED = "NotDecided"
_log = logging.getLogger(__name__)


class Reconciler:
    """Looks at objects one at a time; whatever happens with one, the others are looked at."""

    def __init__(
        self,
        *,
        workloads: Workloads,
        conflicts: ConflictingAutoscalers,
        claims: TargetOwners,
        acting: ScaleWriter,
        clock: Clock,
        record: Record,
        metrics: Metrics,
    ) -> None:
        self._workloads = workloads
        self._conflicts = conflicts
        self._claims = claims
        self._acting = acting
        self._clock = clock
        self._record = record
        self._measures = metrics

    def look(self, kept: AutoscalerState, reading: BrokerReading) -> None:
        """Decide by what was reading of the queues, and start what follows from it."""
        try:
            self._look_and_decide(kept, reading)
        except Exception as error:  # noqa: BLE001 - one object's surprise is nobody else's
            self._give_up(kept, reading, error)

    def _give_up(self, kept: AutoscalerState, reading: BrokerReading, error: Exception) -> None:
        """Say why there is no decision; the next look may make one."""
        key = kept.autoscaler.key
        problem = Unknown(_NOT_DECIDED, f"{type(error).__name__}: {error}"[:512])
        if problem != kept.problem:
            _log.error("Object could not be decided", extra={"object": key}, exc_info=error)
            self._record.failed(self._clock(), key, problem.reason, problem.cause)
        kept.problem = problem
        look = self._conclude(kept, reading, problem, None, problem)
        if kept.wants_writing(look.at):
            self._acting.write_down(kept, look)

    def _look_and_decide(self, kept: AutoscalerState, reading: BrokerReading) -> None:
        now = self._clock()
        reading = fresh(reading, now, kept.autoscaler.policy.staleness_seconds)
        scale = self._workloads.get(kept.autoscaler.target)
        if scale == NOT_READ_YET:
            return
        decision = _decided(kept, scale, reading, now) if isinstance(scale, Scale) else None
        kept.count(reading.queues)
        if decision is not None and (not decision.changes or _was_undecided(kept)):
            kept.problem = None
        conflict = self._conflict(kept.autoscaler)
        look = self._conclude(kept, reading, scale, decision, conflict or kept.problem)
        if self._acting.is_paused:
            return
        if (
            decision is not None
            and isinstance(scale, Scale)
            and decision.changes
            and not kept.autoscaler.policy.dry_run
            and conflict is None
            and now >= kept.retry.at
        ):
            self._acting.carry_out(kept, look, scale, decision)
        elif kept.wants_writing(now):
            self._acting.write_down(kept, look)

    def _conflict(self, autoscaler: Autoscaler) -> Unknown | None:
        """Why the workload is left to another one: two that pull at it never come to rest."""
        other = self._conflicts.find(autoscaler.target) or self._claims.owner(autoscaler)
        if other is None:
            return None
        both = f"{other} scales {autoscaler.target} as well"
        return Unknown(
            "OtherAutoscaler", f"{both}: nothing is changed until one of them goes", other
        )

    def _conclude(
        self,
        kept: AutoscalerState,
        reading: BrokerReading,
        scale: Scale | Unknown,
        decision: Decision | None,
        problem: Unknown | None,
    ) -> View:
        """Draw the conditions, and tell record and metrics."""
        autoscaler, now = kept.autoscaler, self._clock()
        conditions = conditions_of(
            autoscaler=autoscaler,
            scale=scale,
            problem=problem,
            unchosen=unchosen(kept, scale) if isinstance(scale, Scale) else None,
            reading=reading,
            decision=decision,
            history=kept.history,
            now=now,
        )
        estimates = kept.history.learning.estimates if kept.history else Estimates()
        replicas = scale.replicas if isinstance(scale, Scale) else 0
        capacity = autoscaler.policy.capacity_per_replica or estimates.capacity_per_replica
        view = kept.look = View(
            at=now,
            autoscaler=autoscaler,
            scale=scale,
            reading=reading,
            decision=decision,
            estimates=estimates,
            depth=words.depth(reading.queues),
            wait_seconds=words.wait_seconds(reading.queues, capacity, replicas),
            rates=kept.rates_of_all(reading.queues),
            conditions=conditions,
        )
        self._record.add(view)
        self._measures.looked(view)
        return view


def _was_undecided(kept: AutoscalerState) -> bool:
    return kept.problem is not None and kept.problem.reason == _NOT_DECIDED


def _decided(kept: AutoscalerState, scale: Scale, reading: BrokerReading, now: float) -> Decision:
    if kept.history is None:
        kept.history = History.begin(now, scale.replicas, kept.estimates)
    idle = idle_replicas(kept, scale, reading.busy, now)
    workload = Workload(replicas=scale.replicas, ready=scale.ready, idle=idle)
    observation = Observation(workload=workload, queues=reading.queues)
    decision, kept.history = decide(kept.autoscaler.policy, observation, kept.history, now)
    return decision
