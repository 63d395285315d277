"""Clauses of sentences: a code, the numbers and names of the text, and the English text.

`clauses.json` has the English text of each code, and nothing else has. In it {name} is a number or
a name, and {name|key} is the text of the key in the form, singular or plural, that fits the number.
"""

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Self

Number = float | str | None
"""A value in a clause: a number, a name or a cause. None is unknown."""

_TEXTS: Mapping[str, Any] = json.loads(
    files(__package__).joinpath("clauses.json").read_text(encoding="utf-8")
)
_PLACE = re.compile(r"\{(\w+)(?:\|([\w.]+))?\}")
_FIELD = re.compile("[a-z]+[A-Z.]")


class Clause(str):
    """The English text: it begins in lower case and has no full stop."""

    __slots__ = ("code", "numbers")

    code: str
    """The key of the texts, for example bounds.max. It is stable; the texts are not."""
    numbers: Mapping[str, Number]
    """All numbers and names in the text."""

    def __new__(cls, code: str, text: str = "", /, **numbers: Number) -> Self:
        """Make a clause of its code; `text` is that of a recorded clause without a code."""
        clause = super().__new__(cls, text or _text(code, tuple(numbers.items())))
        clause.code, clause.numbers = code, numbers
        return clause


@lru_cache(maxsize=4096)  # a workload at rest has the same clauses four times a second
def _text(code: str, numbers: tuple[tuple[str, Number], ...]) -> str:
    values = dict(numbers)

    def value(place: re.Match[str]) -> str:
        given = values[place[1]]
        text = given if isinstance(given, str) else "unknown" if given is None else number(given)
        if not place[2]:
            return text
        form: str = _TEXTS[place[2]]["one" if given == 1 else "other"]
        return form.replace("{count}", text)

    return _PLACE.sub(value, _TEXTS[code])


def significant(value: float, digits: int = 3) -> float:
    """Round to what is written, so that a reader can recompute the formula."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def hundredths(share: float) -> float:
    """Convert a share to percent, rounded to what is written."""
    return significant(100 * share)


def number(value: float) -> str:
    """Format a number without an exponent or a trailing zero."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text or "0"


def capital(text: str) -> str:
    """Capitalize a text, except for the name of a field, such as maxReplicas."""
    return text if _FIELD.match(text) else text[:1].upper() + text[1:]
