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
from mare.loop.acting import Acting
from mare.loop.claims import Claims
from mare.loop.freshness import fresh
from mare.loop.kept import Kept
from mare.loop.measures import Measures
from mare.loop.record import Record, View
from mare.loop.victims import idle_replicas, unchosen
from mare.ports import NOT_READ_YET, Clock, Rivals, Scale, Seen, Workloads

_NOT_DECIDED = "NotDecided"
_log = logging.getLogger(__name__)


class Looking:
    """Looks at objects one at a time; whatever happens with one, the others are looked at."""

    def __init__(
        self,
        *,
        workloads: Workloads,
        rivals: Rivals,
        claims: Claims,
        acting: Acting,
        clock: Clock,
        record: Record,
        measures: Measures,
    ) -> None:
        self._workloads = workloads
        self._rivals = rivals
        self._claims = claims
        self._acting = acting
        self._clock = clock
        self._record = record
        self._measures = measures

    def look(self, kept: Kept, seen: Seen) -> None:
        """Decide by what was seen of the queues, and start what follows from it."""
        try:
            self._look_and_decide(kept, seen)
        except Exception as error:  # noqa: BLE001 - one object's surprise is nobody else's
            self._give_up(kept, seen, error)

    def _give_up(self, kept: Kept, seen: Seen, error: Exception) -> None:
        """Say why there is no decision; the next look may make one."""
        key = kept.autoscaler.key
        problem = Unknown(_NOT_DECIDED, f"{type(error).__name__}: {error}"[:512])
        if problem != kept.problem:
            _log.error("Object could not be decided", extra={"object": key}, exc_info=error)
            self._record.failed(self._clock(), key, problem.reason, problem.cause)
        kept.problem = problem
        look = self._conclude(kept, seen, problem, None, problem)
        if kept.wants_writing(look.at):
            self._acting.write_down(kept, look)

    def _look_and_decide(self, kept: Kept, seen: Seen) -> None:
        now = self._clock()
        seen = fresh(seen, now, kept.autoscaler.policy.staleness_seconds)
        scale = self._workloads.seen(kept.autoscaler.target)
        if scale == NOT_READ_YET:
            return
        decision = _decided(kept, scale, seen, now) if isinstance(scale, Scale) else None
        kept.count(seen.queues)
        if decision is not None and (not decision.changes or _was_undecided(kept)):
            kept.problem = None
        rivalry = self._rivalry(kept.autoscaler)
        look = self._conclude(kept, seen, scale, decision, rivalry or kept.problem)
        if self._acting.is_paused:
            return
        if (
            decision is not None
            and isinstance(scale, Scale)
            and decision.changes
            and not kept.autoscaler.policy.dry_run
            and rivalry is None
            and now >= kept.retry.at
        ):
            self._acting.carry_out(kept, look, scale, decision)
        elif kept.wants_writing(now):
            self._acting.write_down(kept, look)

    def _rivalry(self, autoscaler: Autoscaler) -> Unknown | None:
        """Why the workload is left to another one: two that pull at it never come to rest."""
        rival = self._rivals.of(autoscaler.target) or self._claims.elder(autoscaler)
        if rival is None:
            return None
        both = f"{rival} scales {autoscaler.target} as well"
        return Unknown(
            "OtherAutoscaler", f"{both}: nothing is changed until one of them goes", rival
        )

    def _conclude(
        self,
        kept: Kept,
        seen: Seen,
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
            seen=seen,
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
            seen=seen,
            decision=decision,
            estimates=estimates,
            depth=words.depth(seen.queues),
            wait_seconds=words.wait_seconds(seen.queues, capacity, replicas),
            rates=kept.rates_of_all(seen.queues),
            conditions=conditions,
        )
        self._record.add(view)
        self._measures.looked(view)
        return view


def _was_undecided(kept: Kept) -> bool:
    return kept.problem is not None and kept.problem.reason == _NOT_DECIDED


def _decided(kept: Kept, scale: Scale, seen: Seen, now: float) -> Decision:
    if kept.history is None:
        kept.history = History.begin(now, scale.replicas, kept.estimates)
    idle = idle_replicas(kept, scale, seen.busy, now)
    workload = Workload(replicas=scale.replicas, ready=scale.ready, idle=idle)
    observation = Observation(workload=workload, queues=seen.queues)
    decision, kept.history = decide(kept.autoscaler.policy, observation, kept.history, now)
    return decision
