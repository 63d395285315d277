"""Clauses of sentences: a code, an English text, and the numbers in the text.

The English text of a clause is defined where the clause is made, and nowhere else. Translations
are found by the code.
"""

import math
import re
from collections.abc import Mapping
from typing import Self

Number = float | str | None
"""A value in a clause: a number, a name or a cause. None is unknown."""


class Clause(str):
    """The English text: it begins in lower case and has no full stop."""

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


def messages(count: int, kind: str = "") -> str:
    """Format a number of messages, for example "2 ready messages" with kind "ready "."""
    return f"1 {kind}message" if count == 1 else f"{count} {kind}messages"


def need(count: int, result: int) -> str:
    """Format the result of a formula whose subject is this many messages."""
    return f"{'needs' if count == 1 else 'need'} {replicas(result)}"


def capital(text: str) -> str:
    """Capitalize a text, except for the name of a field, such as maxReplicas."""
    return text if re.match("[a-z]+[A-Z.]", text) else text[:1].upper() + text[1:]


def workers(count: float) -> str:
    return "1 worker" if count == 1 else f"{number(count)} workers"


def percent(share: float) -> str:
    return f"{number(hundredths(share))} %"


def hundredths(share: float) -> float:
    """Convert a share to percent, rounded to what is written."""
    return significant(100 * share)
