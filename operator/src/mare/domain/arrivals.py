"""The arrival rate, from counts of published messages.

Poisson arrivals of rate r, counted for s seconds, have a relative noise of 1 / sqrt(r s). It is 7 %
for 5 s at 40 messages/s, which would change the replicas even under a steady load. So the rate is
estimated from the counts of the last two minutes: from their linear trend if it is significant,
else from their mean. If noise cannot explain the newest counts, the rate has jumped, and all older
counts are dropped.

Real arrivals vary more than a Poisson process. The index of dispersion (Cox and Lewis 1966) says by
how much: the variance of the counts over the variance of a Poisson process. Noise is scaled by it.
Example: 25 messages in 5 s are expected and 50 arrive, 5 standard deviations of a Poisson process:
a jump. At a dispersion of 4 they are 2.5 deviations of the process that was measured: noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

MEMORY_SECONDS = 120.0
_DISPERSION_SECONDS = 300.0
"""Age at which a deviation has the weight 1/e in the dispersion."""
_POISSON = 1.4
"""Dispersion that a Poisson process itself reaches: 1 and three standard deviations of the mean."""
_BURSTY = 3.0
"""Dispersion above which a few counts are a burst and no new rate. Measured: requests of language
models have 4, square waves at most 2.6, timers 1.6, web requests and other functions 1.0 to 1.2."""
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
_FLOOR_SECONDS = 30.0
"""A falling trend is not extrapolated below the mean of this time: the end of a burst is no trend
to zero."""
RECENT_SECONDS = 15
"""Age up to which past rates count for the highest rate."""
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
    """The highest rate of the last `RECENT_SECONDS`."""
    fell_at: float | None = None
    """When a steady rate, which many counts support, last fell by more than noise."""
    deviation: float = 1.0
    """The mean squared deviation of the counts, in variances of a Poisson process."""
    deviation_before_jump: float = 1.0

    def observe(self, new: Count, now: float, start_seconds: float) -> "Arrivals":
        """Add one count. A rising rate is extrapolated by the start-up time."""
        known, dispersion, deviation = self.counts, self.dispersion, self._mean_deviation(new)
        if (
            self.before_jump
            and _is_jump(known, (new,), dispersion)
            and not _is_jump(self.before_jump, (new,), dispersion)
        ):
            known = self.before_jump  # The jump was one wrong count, such as after a reset.
        counts = remember(known, new, dispersion)
        has_jumped = len(counts) == 1
        ready_at = now + min(start_seconds, _MAX_START_SECONDS)
        rate = max(rate_at(counts, now, dispersion), rate_at(counts, ready_at, dispersion))
        rates = tuple(past for past in self.rates if past[0] > now - RECENT_SECONDS)
        fell_at = self.fell_at
        # A second jump in turn does not confirm the first one.
        is_first = has_jumped and (len(known) > 1 or not self.before_jump)
        before = known if is_first else self.before_jump
        # Statistics that the broker does not renew look like a count of 0: the next one decides.
        is_decided = len(counts) == (1 if counts[0].messages else 2)
        # Counts that are too old, after a time without statistics, show nothing of a fall.
        is_steady = len(before) >= _ENOUGH and before[-1].end > new.end - MEMORY_SECONDS
        if is_decided and is_steady and rate < rate_at(before, now, dispersion):
            rates, fell_at = (), now
        elif not has_jumped:
            rates = (*rates, (now, rate))
        highest = max((rate, *(past[1] for past in rates)))
        before = before if has_jumped else ()
        steady = self.deviation if is_first else self.deviation_before_jump
        return Arrivals(counts, before, rates, rate, highest, fell_at, deviation, steady)

    def without_jump(self) -> "Arrivals":
        """Return the counts without a jump that one count alone supports.

        A counter that falls was wrong before, or is now. Example: the nodes of a cluster that has
        split answer in turn, and one has counted 1,000 messages more than the other.
        """
        if len(self.counts) != 1:
            return self
        counts = self.before_jump
        if not counts:
            return Arrivals(fell_at=self.fell_at)
        rate = rate_at(counts, counts[-1].end)
        return replace(
            self,
            counts=counts,
            before_jump=(),
            rate=rate,
            highest_rate=max((rate, *(past[1] for past in self.rates))),
            deviation=self.deviation_before_jump,
        )

    @property
    def rate_before_jump(self) -> float | None:
        """The rate before a jump that one count alone supports; None if more counts do."""
        if len(self.counts) > 1:
            return None
        return rate_at(self.before_jump, self.before_jump[-1].end) if self.before_jump else 0.0

    @property
    def deviation_of_rate(self) -> float:
        """The standard deviation of the rate, which few messages show badly.

        Example: 54 messages in 120 s are 0.45 messages/s, with a deviation of 7.3 / 120 s = 0.06.
        """
        messages, seconds = totals(self.counts)
        return math.sqrt(self.dispersion * messages) / seconds if seconds else 0.0

    @property
    def dispersion(self) -> float:
        """The index of dispersion: 1 where the arrivals may be a Poisson process."""
        return self.deviation if self.deviation > _POISSON else 1.0

    def _mean_deviation(self, new: Count) -> float:
        """Return the mean squared deviation of counts from each other, including one more count.

        Two counts of a Poisson process with n messages together are like n throws of a coin: 25 and
        45 differ by 20, the squared deviation 20 x 20 / 70 = 5.7. A trend hardly changes it. A new
        level of the rate is one large deviation: it counts as the limit of a jump, 16, and no count
        is compared with a single count of a new rate. Example: a burst every 4 minutes, 48
        counts, adds 2 x 16 / 48, so that the mean stays below 2.
        """
        if len(self.counts) <= 1:
            return self.deviation
        before = self.counts[-1]
        share = new.seconds / (new.seconds + before.seconds)
        expected = share * (new.messages + before.messages)
        surplus, variance = new.messages - expected, expected * (1 - share)
        deviation = min(surplus * surplus / variance, _JUMP**2) if variance else 1.0
        weight = 1 - math.exp(-new.seconds / _DISPERSION_SECONDS)
        return self.deviation + weight * (deviation - self.deviation)


def remember(counts: tuple[Count, ...], new: Count, dispersion: float = 1.0) -> tuple[Count, ...]:
    """Return the counts since the last jump, including the new one.

    Among bursty arrivals only the most counts together can show a jump. Example: 134 messages in
    two seconds are 27 messages/s in their count, and would need ten times the replicas of their
    rate, although nothing follows them.
    """
    recent = (*(count for count in counts if count.end > new.end - MEMORY_SECONDS), new)
    fewest = 1 if dispersion <= _BURSTY else _NEWEST
    for newest in range(fewest, min(_NEWEST, len(recent) - 1) + 1):
        if _is_jump(recent[:-newest], recent[-newest:], dispersion):
            return recent[-newest:]
    return recent


def _is_jump(older: Sequence[Count], newer: Sequence[Count], dispersion: float) -> bool:
    messages, seconds = totals(newer)
    expected = _line_at(older, newer[-1].end - seconds / 2, dispersion) * seconds
    surplus = abs(messages - expected)
    variance = max(expected, 1.0) * (1 + seconds / totals(older)[1])
    return surplus > _JUMP * math.sqrt(dispersion * variance)


def rate_at(counts: Sequence[Count], moment: float, dispersion: float = 1.0) -> float:
    """Return the messages/s at a time: the line, but no less than the mean of the last 30 s."""
    since = counts[-1].end - _FLOOR_SECONDS
    recent = mean_rate([count for count in counts if count.end > since])
    return max(_line_at(counts, moment, dispersion), min(mean_rate(counts), recent))


def _line_at(counts: Sequence[Count], moment: float, dispersion: float) -> float:
    """Return the messages/s at a time, from the trend of the counts, else from their mean."""
    messages, seconds = totals(counts)
    mean = messages / seconds
    if len(counts) < _ENOUGH or mean == 0:
        return mean
    middle = sum((count.end - count.seconds / 2) * count.seconds for count in counts) / seconds
    spread = lean = 0.0
    for count in counts:
        offset = count.end - count.seconds / 2 - middle
        spread += offset * offset * count.seconds
        lean += offset * count.messages
    slope = lean / spread
    noise = math.sqrt(dispersion * max(mean, 1 / seconds))
    if abs(slope) * math.sqrt(spread) < _TREND * noise:
        return mean
    return max(0.0, mean + slope * (moment - middle))


def totals(counts: Sequence[Count]) -> tuple[int, float]:
    """Return the messages and the seconds of all counts together."""
    return sum(count.messages for count in counts), sum(count.seconds for count in counts)


def mean_rate(counts: Sequence[Count]) -> float:
    messages, seconds = totals(counts)
    return messages / seconds
