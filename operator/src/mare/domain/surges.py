"""Finds surges: moments at which the arrival rate at least doubles.

The counts of published messages are compared with the rate before them by a cumulative sum of
log-likelihood ratios (Page 1954): of twice the rate against the same rate for a rise, of half the
rate for a fall. An example: 2 messages/s arrive, and the counts of 5 s are 10, 9, 41 and 40. A
doubled rate explains 41 messages better by 41 ln 2 - 10 = 18.4, which is above 7: the surge began
5 s ago.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mare.domain.arrivals import Count, mean_rate, totals

_MOST_SURGES = 32
"""Surges that are remembered: 2 hours of one every 4 minutes, and the largest ones of before."""
_MEMORY_SECONDS = 3.1 * 86_400
_CERTAIN = 7.0
"""Log-likelihood ratio beyond which the rate has changed: noise causes a change in e^7 counts."""
_CERTAIN_IF_DUE = 3.0
"""The same at a time at which a surge is due."""
_MEAN_SECONDS = 240.0
"""Age at which a count has the weight 1/e in the rate."""
_NOISE = 2.0
"""Standard deviations of a Poisson process."""
_LEAST_RATE = 0.1
"""Rate below which arrivals are too few to tell a surge from noise, in messages/s."""
_LEAST_SECONDS = 14.0
HOLD_SECONDS = 60.0
"""How long a surge is measured, and replicas are kept for it; then its own load decides. Its rate
is measured in its first 15 to 60 s: in the part that shows the most messages/s for certain."""
_ONSET_SECONDS = 10.0
"""Time within which a rate that doubles again belongs to the same surge; after that, the steeper
rise is the surge."""
_LEAST_GROWTH = 2.0


@dataclass(frozen=True, slots=True)
class Surge:
    at: float
    """When it began."""
    rate: float
    """Messages/s in it."""
    before: float
    """Messages/s before it."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Evidence of a changed rate, since the rate was last as before."""

    factor: float
    """The change that is tested: 2 for a rise, 0.5 for a fall."""
    score: float = 0.0
    before: float = 0.0
    """The rate when the evidence began."""
    counts: tuple[Count, ...] = ()

    def observe(self, count: Count, rate: float) -> "_Evidence":
        before = self.before if self.counts else max(rate, _LEAST_RATE)
        expected = before * count.seconds
        score = self.score + count.messages * math.log(self.factor) - expected * (self.factor - 1)
        is_old = self.counts and self.counts[0].end < count.end - HOLD_SECONDS * 2
        if score <= 0 or is_old:
            return _NO_RISE if self.factor > 1 else _NO_FALL
        return replace(self, score=score, before=before, counts=(*self.counts, count))

    def since_change(self) -> tuple[Count, ...]:
        """Return the counts since the change: a rate of their own explains these best."""
        starts = range(len(self.counts))
        first = max(starts, key=lambda start: _gain(self.counts[start:], self.before))
        return self.counts[first:]


_NO_RISE, _NO_FALL = _Evidence(2.0), _Evidence(0.5)


def _gain(counts: Sequence[Count], before: float) -> float:
    """Return the log-likelihood ratio of the mean of counts against the rate before them."""
    messages, seconds = totals(counts)
    expected = before * seconds
    return messages * math.log(max(messages, 0.5) / expected) - messages + expected


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenSurge:
    """A surge in its first minute, whose rate is being measured."""

    at: float
    before: float
    is_start: bool
    """Whether it began with the first count, so that it may be no surge but the usual load."""
    seconds: float = 0.0
    messages: int = 0
    rate: float = 0.0
    certain_rate: float = 0.0
    """The rate that the messages show for certain: one standard deviation less."""

    def observe(self, count: Count) -> "_OpenSurge":
        seconds, messages = self.seconds + count.seconds, self.messages + count.messages
        long = max(seconds, _LEAST_SECONDS)
        certain = (messages - math.sqrt(messages)) / long
        new = replace(self, seconds=seconds, messages=messages)
        if certain < self.certain_rate:
            return new
        return replace(new, rate=messages / long, certain_rate=certain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surges:
    """The last surges of an object, and what shows the next one."""

    past: tuple[Surge, ...] = ()
    """The oldest first."""
    rate: float | None = None
    """The arrival rate of the last minutes, messages/s; None before the first count."""
    current: _OpenSurge | None = None
    rise: _Evidence = _NO_RISE
    fall: _Evidence = _NO_FALL

    @property
    def rate_with_noise(self) -> float:
        """The highest arrival rate that noise explains."""
        rate = self.rate or 0.0
        return rate + _NOISE * math.sqrt(rate / _MEAN_SECONDS)

    def observe(self, count: Count, *, is_due: bool = False) -> "Surges":
        """Return the surges after one more count of arrivals. A surge that is due needs less."""
        if self.rate is None:
            # The load of a restored object began before the operator did.
            rate = count.messages / count.seconds if self.past else 0.0
            return replace(self, rate=rate).observe(count)
        rise, fall = self.rise.observe(count, self.rate), self.fall.observe(count, self.rate)
        if rise.score > (_CERTAIN_IF_DUE if is_due else _CERTAIN):
            return self._risen(rise, count)
        current = None if self.current is None else self.current.observe(count)
        if fall.score > _CERTAIN:
            return self._fallen(mean_rate(fall.since_change()), current)
        weight = 1 - math.exp(-count.seconds / _MEAN_SECONDS)
        rate = self.rate + weight * (count.messages / count.seconds - self.rate)
        past = self.past
        if current is not None and current.seconds >= HOLD_SECONDS * (1 + current.is_start):
            past, current = self._with_surge(None if current.is_start else current), None
        return Surges(past=past, rate=rate, current=current, rise=rise, fall=fall)

    def _risen(self, rise: _Evidence, count: Count) -> "Surges":
        before, counts = self.current, rise.since_change()
        at = counts[0].end - counts[0].seconds
        if before is not None and at - before.at <= _ONSET_SECONDS:
            current = before.observe(count)
        else:
            is_start = not self.past and before is None and rise.before <= _LEAST_RATE
            rate = rise.before if before is None or before.is_start else before.before
            current = _OpenSurge(at=at, before=0.0 if is_start else rate, is_start=is_start)
            for each in counts:
                current = current.observe(each)
        return Surges(past=self.past, rate=mean_rate(counts), current=current)

    def _fallen(self, rate: float, current: _OpenSurge | None) -> "Surges":
        if current is not None and current.is_start and current.rate < _LEAST_GROWTH * rate:
            return Surges(past=self.past, rate=rate, current=current)  # the fall may go on
        return Surges(past=self._with_surge(current), rate=rate)

    def _with_surge(self, current: _OpenSurge | None) -> tuple[Surge, ...]:
        """Return the past surges with one that was measured, if the rate did grow."""
        if current is None or current.rate < _LEAST_GROWTH * current.before:
            return self.past
        return _remember(self.past, Surge(current.at, current.rate, current.before))


def _remember(past: tuple[Surge, ...], new: Surge) -> tuple[Surge, ...]:
    """Add a surge. If there are too many, the smallest of the older half is forgotten."""
    recent = tuple(each for each in past if each.at > new.at - _MEMORY_SECONDS)
    if len(recent) >= _MOST_SURGES:
        smallest = min(range(_MOST_SURGES // 2), key=lambda index: recent[index].rate)
        recent = recent[:smallest] + recent[smallest + 1 :]
    return (*recent, new)
