"""The arrival rate, from counts of published messages.

Poisson arrivals of rate r, counted for s seconds, have a relative noise of 1 / sqrt(r s). It is 7 %
for 5 s at 40 messages/s, which would change the replicas even under a steady load. So the rate is
estimated from the counts of the last two minutes: from their linear trend if it is significant,
else from their mean. If noise cannot explain the newest counts, the rate has jumped, and all older
counts are dropped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MEMORY_SECONDS = 120.0
_JUMP = 4.0
"""Standard deviations beyond which the newest counts are a jump: noise causes one a day."""
_NEWEST = 3
"""Most newest counts that are tested together: more counts detect a smaller jump, but later."""
_TREND = 3.0
"""Standard deviations beyond which a trend is significant."""
_ENOUGH = 8
"""Fewest counts for a trend: the first one can contain arrivals from before a jump. The rate of
fewer counts is not steady: the mean of a falling load is too high, so that its next count looks
like a fall."""
RECENT_SECONDS = 15
"""Age up to which past rates count for the highest rate."""
FORECAST_SECONDS = 30
"""Time ahead for which the trend counts for the highest rate."""
_MAX_START_SECONDS = 30.0
"""Longest start-up time for which a rising rate is extrapolated."""


@dataclass(frozen=True, slots=True)
class Count:
    """Messages that arrived within `seconds` up to `end`."""

    end: float
    seconds: float
    messages: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    counts: tuple[Count, ...] = ()
    before_jump: tuple[Count, ...] = ()
    """The counts before a jump that one count alone supports. The next count decides on it."""
    rates: tuple[tuple[float, float], ...] = ()
    """Times and rates, without rates of a single count."""
    rate: float | None = None
    """Messages/s at the time when replicas started now are ready; None before the first count."""
    highest_rate: float | None = None
    """The highest rate from `RECENT_SECONDS` ago to `FORECAST_SECONDS` ahead."""
    fell_at: float | None = None
    """When a steady rate, which many counts support, last fell by more than noise."""

    def observe(self, new: Count, now: float, start_seconds: float) -> "Arrivals":
        """Add one count. A rising rate is extrapolated by the start-up time."""
        known = self.counts
        if self.before_jump and _is_jump(known, (new,)) and not _is_jump(self.before_jump, (new,)):
            known = self.before_jump  # The jump was one wrong count, such as after a reset.
        counts = remember(known, new)
        has_jumped = len(counts) == 1
        rate = max(
            rate_at(counts, now), rate_at(counts, now + min(start_seconds, _MAX_START_SECONDS))
        )
        rates = tuple(past for past in self.rates if past[0] > now - RECENT_SECONDS)
        fell_at = self.fell_at
        before = known if has_jumped else self.before_jump
        # Statistics that the broker does not renew look like a count of 0: the next one decides.
        is_decided = len(counts) == (1 if counts[0].messages else 2)
        if is_decided and len(before) >= _ENOUGH and rate < rate_at(before, now):
            rates, fell_at = (), now
        elif not has_jumped:
            rates = (*rates, (now, rate))
        coming = rate_at(counts, now + FORECAST_SECONDS)
        highest = max(rate, coming, *(past[1] for past in rates))
        return Arrivals(counts, known if has_jumped else (), rates, rate, highest, fell_at)

    @property
    def rate_before_jump(self) -> float | None:
        """The rate before a jump that one count alone supports; None if more counts do."""
        if len(self.counts) > 1:
            return None
        return rate_at(self.before_jump, self.before_jump[-1].end) if self.before_jump else 0.0


def remember(counts: tuple[Count, ...], new: Count) -> tuple[Count, ...]:
    """Return the counts since the last jump, including the new one."""
    recent = (*(count for count in counts if count.end > new.end - _MEMORY_SECONDS), new)
    for newest in range(1, min(_NEWEST, len(recent) - 1) + 1):
        if _is_jump(recent[:-newest], recent[-newest:]):
            return recent[-newest:]
    return recent


def _is_jump(older: Sequence[Count], newer: Sequence[Count]) -> bool:
    seconds = sum(count.seconds for count in newer)
    expected = rate_at(older, newer[-1].end - seconds / 2) * seconds
    surplus = abs(sum(count.messages for count in newer) - expected)
    noise = math.sqrt(max(expected, 1.0) * (1 + seconds / sum(count.seconds for count in older)))
    return surplus > _JUMP * noise


def rate_at(counts: Sequence[Count], moment: float) -> float:
    """Return the messages/s at a time, from the trend of the counts, else from their mean."""
    seconds = sum(count.seconds for count in counts)
    mean = sum(count.messages for count in counts) / seconds
    if len(counts) < _ENOUGH or mean == 0:
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
