"""A clause of a sentence that can be said in any language.

It is its English text, so that whoever only reads needs no more, and carries a code and the numbers
in it, so that a page can say the same in Portuguese.
"""

from collections.abc import Mapping
from typing import Self

Number = float | str | None
"""Of a clause. Names and clauses of an Unknown are among them; None is not known."""


class Clause(str):
    """The English text, without a full stop."""

    __slots__ = ("code", "numbers")

    code: str
    """What is said, for example bounds.max. It stays the same when the words change."""
    numbers: Mapping[str, Number]
    """All numbers and names that the text has."""

    def __new__(cls, code: str, text: str, **numbers: Number) -> Self:
        clause = super().__new__(cls, text)
        clause.code, clause.numbers = code, numbers
        return clause
