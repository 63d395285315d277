"""The type of a thing that is not known.

It is neither zero nor None, so that the type checker asks at every use what is to happen then.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from mare.domain.clause import Clause

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a thing is not known."""

    reason: str
    """One CamelCase word, for example QueueNotFound."""
    cause: str
    """A clause for a sentence, for example "queue orders does not exist"."""
    name: str = field(default="", compare=False)
    """What the clause is about, if it names something: context, orders."""

    @property
    def clause(self) -> Clause:
        return Clause("unknown", self.cause, reason=self.reason, cause=self.cause, name=self.name)


def total(parts: Iterable[int | Unknown]) -> int | Unknown:
    """The sum of the parts, unknown as soon as one of them is."""
    result = 0
    for part in parts:
        if isinstance(part, Unknown):
            return part
        result += part
    return result


def known(value: T | Unknown, otherwise: T) -> T:
    return otherwise if isinstance(value, Unknown) else value
