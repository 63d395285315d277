"""Clauses of sentences: a code, an English text, and the numbers in the text.

The English text of a clause is defined where the clause is made, and nowhere else. Translations
are found by the code.
"""

import math
from collections.abc import Mapping
from typing import Self

Number = float | str | None
"""A value in a clause: a number, a name or a cause. None is unknown."""


class Clause(str):
    """The English text, without a full stop."""

    __slots__ = ("code", "numbers")

    code: str
    """The key of the translations, for example bounds.max. It is stable; the text is not."""
    numbers: Mapping[str, Number]
    """All numbers and names in the text."""

    def __new__(cls, code: str, text: str, **numbers: Number) -> Self:
        clause = super().__new__(cls, text)
        clause.code, clause.numbers = code, numbers
        return clause


def significant(value: float, digits: int = 3) -> float:
    """Round to what is written, so that a reader can recompute the formula."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def number(value: float) -> str:
    """Format a number without an exponent or a trailing zero."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text or "0"


def replicas(count: int) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"


def messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def workers(count: float) -> str:
    return "1 worker" if count == 1 else f"{number(count)} workers"


def percent(share: float) -> str:
    return f"{number(hundredths(share))} %"


def hundredths(share: float) -> float:
    """Convert a share to percent, rounded to what is written."""
    return significant(100 * share)
