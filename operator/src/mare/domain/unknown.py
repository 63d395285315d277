"""The type of an unknown value.

It is neither 0 nor None, so that the type checker requires every use to handle it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from mare.domain.clause import Clause, Number

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unknown:
    reason: str
    """One CamelCase word, for example QueueNotFound."""
    cause: str
    """A clause for a sentence, for example "queue orders does not exist"."""
    name: str = field(default="", compare=False)
    """The name of the object in the cause, for example orders."""

    @property
    def clause(self) -> Clause:
        return self.in_clause("unknown")

    def in_clause(self, code: str, **numbers: Number) -> Clause:
        """Return a clause whose text contains the cause."""
        return Clause(code, reason=self.reason, cause=self.cause, name=self.name, **numbers)


def total(parts: Iterable[int | Unknown]) -> int | Unknown:
    result = 0
    for part in parts:
        if isinstance(part, Unknown):
            return part
        result += part
    return result


def known(value: T | Unknown, otherwise: T) -> T:
    return otherwise if isinstance(value, Unknown) else value
