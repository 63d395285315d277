"""The first answer of several sources, called in order within one budget."""

from collections.abc import Sequence
from typing import TypeVar

from mare_services.contract.errors import SourceUnavailable
from mare_services.upstream import failures
from mare_services.upstream.budget import Budget
from mare_services.upstream.guarded import Guarded

Question = TypeVar("Question")
Answer = TypeVar("Answer")

SHARE = 0.6
"""Share of the time left for every source but the last, so that a slow one leaves time."""

MIN_CALL_SECONDS = 0.2
"""Seconds. A call with less time would fail and count against the source's breaker."""


def first_answer(
    sources: Sequence[Guarded[Question, Answer]], question: Question, budget: Budget
) -> Answer:
    """Return the first answer that comes within the budget.

    A source for which less than ``MIN_CALL_SECONDS`` is left is not called.

    Raises:
        SourceUnavailable: the error of the last source.
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
