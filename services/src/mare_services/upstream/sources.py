"""The first answer of several sources, cached."""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Generic, TypeVar

from mare_services.contract.errors import SourceUnavailable
from mare_services.upstream import failures
from mare_services.upstream.budget import Budget
from mare_services.upstream.cache import Cache, Cached
from mare_services.upstream.guarded import Guarded

Request = TypeVar("Request")
Answer = TypeVar("Answer")

SHARE = 0.6
"""Share of the time left for every source but the last, so that a slow one leaves time."""

MIN_CALL_SECONDS = 0.2
"""Seconds. A call with less time would fail and count against the source's breaker."""


@dataclass(eq=False)
class CachedSources(Generic[Request, Answer]):
    """Sources in the order in which they are called, and the cache of their answers.

    Attributes:
        seconds: for all sources of one answer together.
        key: what a request has in common with others of the same answer.
    """

    sources: Sequence[Guarded[Request, Answer]]
    cache: Cache[Hashable, Answer]
    _: KW_ONLY
    seconds: float
    key: Callable[[Request], Hashable] = lambda request: request

    def get(self, request: Request, time_left: float = math.inf) -> Cached[Answer]:
        """Return an answer; one that arrives after ``time_left`` is cached for the next caller."""
        key = self.key(request)
        if time_left < MIN_CALL_SECONDS:
            return self.cache.peek(key)
        budget = Budget.of(self.seconds, self.cache.clock)
        return self.cache.get(
            key, lambda: first_answer(self.sources, request, budget), budget.at_most(time_left)
        )


def first_answer(
    sources: Sequence[Guarded[Request, Answer]], request: Request, budget: Budget
) -> Answer:
    """Return the first answer within the budget, or raise the error of the last source.

    A source for which less than ``MIN_CALL_SECONDS`` is left is not called.
    """
    reason = SourceUnavailable("No source is configured.")
    for position, source in enumerate(sources, start=1):
        left = budget.left()
        if left < MIN_CALL_SECONDS:
            reason = failures.timed_out(source.name)
            continue
        part = budget if position == len(sources) else budget.at_most(left * SHARE)
        try:
            return source.answer(request, part)
        except SourceUnavailable as error:
            reason = error
    raise reason
