"""The arrival rate, from counts of published messages.

A Poisson stream of rate r counted for s seconds has a relative noise of 1 / sqrt(r s): 5 s at 40/s
are 7 % wide, which would turn every steady load into a restless count of replicas. So the counts of
the last two minutes are taken together, as a straight line when they clearly rise or fall and as a
mean when they do not. But newest counts that noise cannot explain are a jump, and all older ones
are dropped at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MEMORY_SECONDS = 120.0
_JUMP = 4.0
"""Standard deviations at which the newest counts are a jump: noise alone makes about one a day."""
_NEWEST = 3
"""Counts that are looked at together, so that a smaller jump is seen as well, only later."""
_TREND = 3.0
"""Standard deviations at which a slope counts."""
_ENOUGH = 8
"""Counts below which a slope says nothing: the first one may be half from before a jump."""
RECENT_SECONDS = 15
FORECAST_SECONDS = 30
_LONGEST_START = 30.0


@dataclass(frozen=True, slots=True)
class Count:
    """Messages that arrived within `seconds` up to `end`."""

    end: float
    seconds: float
    messages: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Counts of one stream, and the rates that were found lately."""

    counts: tuple[Count, ...] = ()
    rates: tuple[tuple[float, float], ...] = ()
    """Moments and rates, without those that rest on a single count."""
    rate: float | None = None
    """Messages a second that arrive when replicas asked for now are ready; None before a count."""
    highest_rate: float | None = None
    """The highest rate of the last and the next half minute, as far as the trend tells."""

    def seen(self, new: Count, now: float, start_seconds: float) -> "Arrivals":
        """The same with one more count. A rising rate is taken as it will be after a start."""
        counts = remember(self.counts, new)
        rate = max(rate_at(counts, now), rate_at(counts, now + min(start_seconds, _LONGEST_START)))
        rates = tuple(past for past in self.rates if past[0] > now - RECENT_SECONDS)
        if len(counts) > 1:
            rates = (*rates, (now, rate))
        coming = rate_at(counts, now + FORECAST_SECONDS)
        return Arrivals(counts, rates, rate, max(rate, coming, *(past[1] for past in rates)))


def remember(counts: tuple[Count, ...], new: Count) -> tuple[Count, ...]:
    """The counts that still belong to the same stream, and the new one."""
    recent = (*(count for count in counts if count.end > new.end - _MEMORY_SECONDS), new)
    for newest in range(1, min(_NEWEST, len(recent) - 1) + 1):
        if _is_jump(recent[:-newest], recent[-newest:]):
            return recent[-newest:]
    return recent


def _is_jump(older: Sequence[Count], newer: Sequence[Count]) -> bool:
    """Whether noise cannot explain the newer counts by the older ones."""
    seconds = sum(count.seconds for count in newer)
    expected = rate_at(older, newer[-1].end - seconds / 2) * seconds
    surplus = abs(sum(count.messages for count in newer) - expected)
    noise = math.sqrt(max(expected, 1.0) * (1 + seconds / sum(count.seconds for count in older)))
    return surplus > _JUMP * noise


def rate_at(counts: Sequence[Count], moment: float) -> float:
    """Messages a second that arrive at a moment, by the trend of the counts if there is one."""
    seconds = sum(count.seconds for count in counts)
    mean = sum(count.messages for count in counts) / seconds
    if len(counts) < _ENOUGH:
        return mean
    middle = sum((count.end - count.seconds / 2) * count.seconds for count in counts) / seconds
    spread = lean = 0.0
    for count in counts:
        offset = count.end - count.seconds / 2 - middle
        spread += offset * offset * count.seconds
        lean += offset * count.messages
    slope = lean / spread
    if abs(slope) * math.sqrt(spread) < _TREND * math.sqrt(max(mean, 1 / seconds)):
        return mean
    return max(0.0, mean + slope * (moment - middle))
