"""One condition of a QueueAutoscaler."""

from dataclasses import dataclass

from mare.domain.clause import Clause, Number

_BAD_WHEN = {
    "AbleToScale": "False",
    "MetricsFresh": "False",
    "BrokerAlarm": "True",
    "GracePeriodSufficient": "False",
    "EventsSafe": "False",
    "WorkVisible": "False",
    "SchedulesValid": "False",
    "VictimsChosen": "False",
    "Fallback": "True",
}
_HINTS = {"NeverUnacknowledged", "PrefetchExceedsWorkers", "PrefetchAssumed"}
"""Reasons for which there may be something to improve, or nothing."""
_URGENT = {"Ready", "AbleToScale", "MetricsFresh", "BrokerAlarm", "Fallback", "Paused"}


@dataclass(frozen=True, slots=True)
class Condition:
    type: str
    status: str
    """True, False or Unknown."""
    reason: str
    message: str
    clauses: tuple[Clause, ...] = ()
    """The clauses of the message, if the condition needs an action."""

    @property
    def is_bad(self) -> bool:
        """Whether the operator publishes a Warning for it."""
        return self.status == _BAD_WHEN.get(self.type)

    @property
    def is_hint(self) -> bool:
        """Whether `mare explain` shows it without a warning."""
        return self.reason in _HINTS

    @property
    def is_urgent(self) -> bool:
        """Whether a change of it is written to the status at once."""
        return self.type in _URGENT


def condition(kind: str, status: str, reason: str, **numbers: Number) -> Condition:
    """Return a condition that needs no action, with the sentence of its reason."""
    return Condition(kind, status, reason, str(Clause(f"condition.{reason}", **numbers)))
