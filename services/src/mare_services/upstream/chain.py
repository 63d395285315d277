"""The first answer of several sources, asked in order under one budget."""

from collections.abc import Sequence
from typing import TypeVar

from mare_services.contract.errors import SourceUnavailable
from mare_services.upstream import failures
from mare_services.upstream.budget import Budget
from mare_services.upstream.guarded import Guarded

Question = TypeVar("Question")
Answer = TypeVar("Answer")

SHARE = 0.6
"""Of what is left, for every source but the last: a slow one leaves time for the next."""

MIN_CALL_SECONDS = 0.2
"""Seconds; with less, the failure would be ours, and the source's breaker would pay for it."""


def first_answer(
    sources: Sequence[Guarded[Question, Answer]], question: Question, budget: Budget
) -> Answer:
    """Return the first answer that comes within the budget.

    A source for which there is hardly any time left is not asked.

    Raises:
        SourceUnavailable: none answered; the error of the last one.
    """
    reason = SourceUnavailable("No source is configured.")
    for position, source in enumerate(sources, start=1):
        left = budget.left()
        if left < MIN_CALL_SECONDS:
            reason = failures.timed_out(source.name)
            continue
        part = budget if position == len(sources) else budget.at_most(left * SHARE)
        try:
            return source.answer(question, part)
        except SourceUnavailable as error:
            reason = error
    raise reason
