"""The one thing that keeps a count from following its queues."""

from enum import StrEnum

from mare.domain.decision import Decision, Stage
from mare.domain.reason import Reason
from mare.explanation.facts import Facts


class Constraint(StrEnum):
    """Codes for people and programs; they stay the same."""

    NONE = "none"
    TOLERANCE = "tolerance"
    WINDOW = "window"
    SCALE_UP_POLICY = "scaleUpPolicy"
    SCALE_DOWN_POLICY = "scaleDownPolicy"
    MIN = "min"
    MAX = "max"
    SCHEDULE = "schedule"
    UNKNOWN = "unknown"
    FALLBACK = "fallback"
    PAUSED = "paused"
    DRY_RUN = "dryRun"
    DRAINING = "draining"
    PENDING = "pending"
    COOLDOWN = "cooldown"
    RESTING = "resting"
    UNABLE = "unable"


_BY_REASON = {
    Reason.PAUSED: Constraint.PAUSED,
    Reason.FALLBACK: Constraint.FALLBACK,
    Reason.QUEUES_UNKNOWN: Constraint.UNKNOWN,
    Reason.PARTLY_UNKNOWN: Constraint.UNKNOWN,
    Reason.SCALE_UP_STABILIZED: Constraint.WINDOW,
    Reason.SCALE_DOWN_STABILIZED: Constraint.WINDOW,
    Reason.SCALE_UP_LIMIT: Constraint.SCALE_UP_POLICY,
    Reason.SCALE_DOWN_LIMIT: Constraint.SCALE_DOWN_POLICY,
    Reason.TOO_MANY_REPLICAS: Constraint.MAX,
    Reason.TOO_FEW_REPLICAS: Constraint.MIN,
    Reason.SCHEDULED: Constraint.SCHEDULE,
    Reason.DRAINING: Constraint.DRAINING,
    Reason.COOLING_DOWN: Constraint.COOLDOWN,
    Reason.IDLE: Constraint.RESTING,
}
_ABOVE_ALL = {Reason.PAUSED, Reason.FALLBACK, Reason.QUEUES_UNKNOWN}


def constraint_of(facts: Facts) -> Constraint:
    """Exactly one: what would have to change first."""
    decision = facts.decision
    if facts.cannot_act is not None or decision is None:
        return Constraint.UNABLE
    if decision.reason in _ABOVE_ALL:
        return _BY_REASON[decision.reason]
    if facts.policy.dry_run:
        return Constraint.DRY_RUN
    if facts.pending:
        return Constraint.PENDING
    return held_by(decision.reason, kept=_is_kept(decision))


def held_by(reason: Reason, *, kept: bool = False) -> Constraint:
    """What a decision by itself tells; `kept` says that a tolerance decided."""
    return _BY_REASON.get(reason, Constraint.TOLERANCE if kept else Constraint.NONE)


def _is_kept(decision: Decision) -> bool:
    return any(step.stage is Stage.TOLERANCE for step in decision.steps)
