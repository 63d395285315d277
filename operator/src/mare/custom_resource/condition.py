"""One condition of a QueueAutoscaler.

`conditions.json` has the types that need more than a line in the status: the status that is bad,
whether a change is urgent, and the code of docs/explain.md and the advice for each bad reason.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from mare.domain.clause import Clause, Number

_TYPES: Mapping[str, Mapping[str, Any]] = json.loads(
    files(__package__).joinpath("conditions.json").read_text(encoding="utf-8")
)
WARNINGS: Mapping[str, Mapping[str, str]] = {
    kind: each["warnings"] for kind, each in _TYPES.items() if "warnings" in each
}
"""Codes and advice of a type by reason, in the order in which warnings are shown."""
_BAD_WHEN = {kind: each["bad"] for kind, each in _TYPES.items() if "bad" in each}
_URGENT = {kind for kind, each in _TYPES.items() if each.get("urgent")}
_ABOUT_WORKLOAD = {kind for kind, each in _TYPES.items() if each.get("about") == "workload"}
_MAX_CONDITIONS = 1_024
"""Conditions that are kept. A healthy object has ten at each reading, nearly always the same."""
_HINTS = {
    *("MessagesHeld", "NeverUnacknowledged", "OtherConsumers"),
    *("PrefetchExceedsWorkers", "PrefetchAssumed"),
}
"""Reasons for which there may be something to improve, or nothing."""
_BRIEF = {"MetricsFresh": "LeaderUnconfirmed"}
"""Reasons by type that another one follows within 20 s: the one from before, mostly. On a busy
broker, 95 % of the statuses of 3,000 objects at rest, 38 a second, showed one or its end."""
_NUMBER = re.compile(r"(?<!\S)\d+([.,]\d+)?(?!\S)")
"""A number that is a word, such as an age in seconds, and no part of a name."""


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
    def state(self) -> tuple[str, ...]:
        return state_of(self.type, self.status, self.reason, self.message)

    @property
    def is_hint(self) -> bool:
        """Whether `mare explain` shows it without a warning."""
        return self.reason in _HINTS

    @property
    def is_urgent(self) -> bool:
        """Whether a change of it is written to the status at once."""
        return self.type in _URGENT

    @property
    def is_brief(self) -> bool:
        """Whether the status waits for what follows it."""
        return _BRIEF.get(self.type) == self.reason

    @property
    def may_be_brief(self) -> bool:
        """Whether it is so for one of its reasons."""
        return self.type in _BRIEF

    @property
    def is_about_workload(self) -> bool:
        """Whether its warning is about the workload, and not about the QueueAutoscaler."""
        return self.type in _ABOUT_WORKLOAD


def state_of(kind: str, status: str, reason: str, message: str) -> tuple[str, ...]:
    """Return the values whose change makes a condition a new one.

    A bad condition is new with a new text, too, unless only its numbers differ.
    """
    is_bad = status == _BAD_WHEN.get(kind)
    return kind, status, reason, _NUMBER.sub("", message) if is_bad else ""


@lru_cache(maxsize=_MAX_CONDITIONS, typed=True)
def condition(kind: str, status: str, reason: str, **numbers: Number) -> Condition:
    """Return a condition that needs no action, with the sentence of its reason."""
    return Condition(kind, status, reason, str(Clause(f"condition.{reason}", **numbers)))


def warning_of(kind: str, reason: str) -> tuple[str, Clause]:
    """Return the code and the advice of a reason for which a condition of this type is bad."""
    warnings = WARNINGS[kind]
    code, advice = (warnings.get(reason) or warnings["*"]).split()
    return code, Clause(f"advice.{advice}")
