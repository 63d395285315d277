"""The verdict of an explanation: on target, limited, unknown, or unable to scale."""

from enum import Enum

from mare.domain.reason import Reason
from mare.explanation.constraint import constraint_of
from mare.explanation.facts import Facts


class Verdict(Enum):
    """The text of the verdict, and the exit code of `mare explain`."""

    ON_TARGET = ("on target", 0)
    UNABLE = ("unable to scale", 1)
    LIMITED = ("limited", 3)
    UNKNOWN = ("unknown", 4)

    def __init__(self, text: str, exit_code: int) -> None:
        self.text = text
        self.exit_code = exit_code


_ON_TARGET = {Reason.DESIRED_WITHIN_RANGE, Reason.WITHIN_TOLERANCE, Reason.IDLE}
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
