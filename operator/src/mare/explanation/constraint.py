"""The one reason that keeps a count from following its queues, and the verdict of it."""

from enum import Enum

from mare.domain.decision import Stage
from mare.domain.reason import Reason
from mare.explanation.facts import Facts

_UNLIMITED = {
    Reason.WITHIN_TARGET,
    Reason.LOAD_GREW,
    Reason.LOAD_FELL,
    Reason.ACTIVATED,
    Reason.SCALED_TO_IDLE,
}
_BEFORE_DRY_RUN = {Reason.PAUSED, Reason.SCALING_DISABLED, Reason.FALLBACK, Reason.QUEUES_UNKNOWN}


def constraint_of(facts: Facts) -> Reason:
    """Return what must change before the count changes; DesiredWithinRange if nothing must."""
    decision = facts.decision
    if facts.cannot_act is not None or decision is None:
        return Reason.UNABLE_TO_SCALE
    if decision.reason in _BEFORE_DRY_RUN:
        return decision.reason
    if facts.spec.dry_run:
        return Reason.DRY_RUN
    if facts.pending:
        return Reason.PODS_PENDING
    if facts.missing_replicas > 0:
        return Reason.TOO_MANY_REPLICAS
    is_within_tolerance = any(step.stage is Stage.TOLERANCE for step in decision.steps)
    is_tolerated = decision.reason in _UNLIMITED and is_within_tolerance
    return Reason.WITHIN_TOLERANCE if is_tolerated else limit_of(decision.reason)


def limit_of(reason: Reason) -> Reason:
    """Return the limit that a decision names; DesiredWithinRange if it names none."""
    return Reason.DESIRED_WITHIN_RANGE if reason in _UNLIMITED else reason


class Verdict(Enum):
    """The text of the verdict, and the exit code of `mare explain`."""

    ON_TARGET = ("on target", 0)
    UNABLE = ("unable to scale", 1)
    LIMITED = ("limited", 3)
    UNKNOWN = ("unknown", 4)

    def __init__(self, text: str, exit_code: int) -> None:
        self.text = text
        self.exit_code = exit_code


_ON_TARGET = {
    Reason.DESIRED_WITHIN_RANGE,
    Reason.WITHIN_TOLERANCE,
    Reason.IDLE,
    Reason.FORECAST,
}
_UNKNOWN = {Reason.QUEUES_UNKNOWN, Reason.PARTLY_UNKNOWN, Reason.FALLBACK}


def verdict_of(facts: Facts) -> Verdict:
    if facts.cannot_act is not None:
        return Verdict.UNABLE
    if facts.decision is None:
        return Verdict.UNKNOWN
    constraint = constraint_of(facts)
    if constraint in _UNKNOWN:
        return Verdict.UNKNOWN
    return Verdict.ON_TARGET if constraint in _ON_TARGET else Verdict.LIMITED
