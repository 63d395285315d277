"""The first answer of several sources, asked in order under one budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.contract.errors import SourceUnavailable
from services.upstream import failures
from services.upstream.budget import Budget
from services.upstream.guarded import Guarded

Question = TypeVar("Question")
Answer = TypeVar("Answer")

SHARE = 0.6
"""Of what is left, for every source but the last: a slow one leaves time for the next."""


WORTH_ASKING = 0.2
"""Seconds; with less, the failure would be ours, and the source's breaker would pay for it."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source that did not answer, and why."""

    source: str
    reason: SourceUnavailable


@dataclass(frozen=True, slots=True)
class FirstAnswer(Generic[Answer]):
    """An answer, who gave it, and who was asked before."""

    value: Answer
    source: str
    skipped: tuple[Skipped, ...]


def first_answer(
    sources: Sequence[Guarded[Question, Answer]], question: Question, budget: Budget
) -> FirstAnswer[Answer]:
    """Return the first answer that comes within the budget.

    A source for which there is hardly any time left is not asked.

    Raises:
        SourceUnavailable: none answered; the error of the last one asked.
    """
    skipped: list[Skipped] = []
    for position, source in enumerate(sources, start=1):
        left = budget.left()
        if left < WORTH_ASKING:
            skipped.append(Skipped(source.name, failures.timed_out(source.name)))
            continue
        part = budget if position == len(sources) else budget.at_most(left * SHARE)
        try:
            answer = source.answer(question, part)
        except SourceUnavailable as reason:
            skipped.append(Skipped(source.name, reason))
        else:
            return FirstAnswer(answer, source.name, tuple(skipped))
    if not skipped:
        raise SourceUnavailable("No source is configured.")
    raise skipped[-1].reason
