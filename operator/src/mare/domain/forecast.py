"""Forecasts surges that come back: the times at which they are due, and their load.

A recurrence is believed if surges came at three times with the same time between them (at two times,
if nothing is known of what was before), with rates that agree, and if the surges of the last period
are those of the period before it. An example: surges of 20, 24 and 21 messages/s at 14:00, 14:30 and
15:00 forecast 20 messages/s, the least of them, at 15:30. A surge at 14:50 that has no other one
half an hour before or after it ends the belief for two periods.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from mare.domain.arrivals import Count
from mare.domain.surges import Surge, Surges

_SHORTEST = 60.0
_LONGEST = 25 * 3600.0
_JITTER = 1 / 20
"""Share of the period by which a surge may be early or late."""
_MIN_JITTER, _MAX_JITTER = 10.0, 20.0
_SAME_RATE = 0.4
"""Least ratio of the rates of two surges that agree: half-hourly batches differ by a factor of 2."""
_ALONE = 0.3
_MINUTE = 60.0
_FEW = 0.1
_RATE_SECONDS = 240.0
_OF_TIMERS = frozenset(
    (*(60 * minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)), *(3600 * h for h in (1, 2, 3, 4, 6, 8, 12, 24)))
)
_MOST_TIMES = 8
_CHANCE = 0.05
_SPARSE = 0.2
_AGREEMENT = 0.6
"""Share of the messages/s in surges whose surge of one period before or after is known."""
MARGIN_SECONDS = 10.0
"""Time before a surge at which the replicas are ready."""
_LATE_SECONDS = 20.0
"""How long a surge that does not come is waited for."""
_HOLD_SECONDS = 60.0
"""How long the forecast applies to a surge that came: until its own load decides."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    times: tuple[float, ...]
    """When the load came; the oldest first."""
    period: float
    due: float
    rate: float
    """The least messages/s of the surges at these times."""
    before: float
    """The least messages/s that arrived before these surges."""
    spread: float
    """The least rate of the last two as a share of the highest."""


def recurrences(past: Sequence[Surge], now: float, began: float) -> Iterator[Recurrence]:
    """Yield the recurrences that are believed in and due from now on.

    `began` is when the operator began to observe: what came between the last surge and then is not
    known, and does not end a belief.
    """
    times = [each.at for each in past]
    for last, newest in enumerate(past):
        for first in reversed(range(last)):
            between = newest.at - times[first]
            if between > _LONGEST:
                break
            if between < _SHORTEST or newest.at + between + _HOLD_SECONDS < min(now, began):
                continue
            for period in {between, _whole_minutes(between)}:
                chain = _chain(past, times, last, period)
                if _is_believed(past, chain, period):
                    yield _recurrence(chain, period, began)


def _whole_minutes(between: float) -> float:
    """Return the period of a timer: it runs at whole minutes, though its load comes a bit later."""
    period = _MINUTE * round(between / _MINUTE)
    return period if abs(period - between) <= _jitter(between) else between


def _recurrence(chain, period: float, began: float) -> Recurrence:
    found = [(index, each) for index, each in enumerate(chain) if each is not None]
    newest = fmean(each.at + index * period for index, each in found)
    surges = [each for _, each in reversed(found)]
    last = surges[-2:]
    rates = [each.rate for each in last]
    return Recurrence(
        times=tuple(each.at for each in surges),
        period=period,
        due=newest + period * max(1, math.ceil((began - newest) / period)),
        rate=min(rates),
        before=min(each.before for each in last),
        spread=min(rates) / max(rates),
    )


def _chain(
    past: Sequence[Surge], times: Sequence[float], last: int, period: float
) -> list[Surge | None]:
    """Return the surges one period apart, the newest first; None where there was none."""
    newest = past[last]
    chain: list[Surge | None] = [newest]
    jitter, at = _jitter(period), newest.at
    while len(chain) < _MOST_TIMES and (at := at - period) >= times[0] - jitter:
        surge = _near(past, times, at, jitter)
        if surge is None or not _is_same(surge, newest):
            chain.append(None)
        else:
            chain.append(surge)
            at += (surge.at - at) / 2
    return chain


def _is_believed(past: Sequence[Surge], chain: Sequence[Surge | None], period: float) -> bool:
    """Return whether the surges one period apart are no chance."""
    found = [each for each in chain if each is not None]
    if len(chain) < 2 or chain[1] is None:
        return False
    tested, others = len(chain) - 2, len(found) - 2
    explained = _height(found) / _height([each for each in past if each.at >= found[-1].at])
    chance = min(1.0, (len(past) - 1) * 2 * _jitter(period) / (past[-1].at - past[0].at))
    if tested == 0:
        is_clear = min(e.rate for e in found) >= 0.7 * max(e.rate for e in found) and all(
            each.before <= _ALONE * each.rate for each in found
        )
        return period in _OF_TIMERS and is_clear and chance <= _SPARSE and explained >= 0.7
    if others == 0:
        return False
    if chance <= _SPARSE and explained >= _AGREEMENT and len(found) >= _AGREEMENT * len(chain):
        return True
    return _at_least(others, tested, chance) * len(past) < _CHANCE


def _height(surges: Sequence[Surge]) -> float:
    return sum(each.rate - each.before for each in surges)


def _at_least(hits: int, tests: int, chance: float) -> float:
    """Return the probability of at least that many hits."""
    return sum(
        math.comb(tests, count) * chance**count * (1 - chance) ** (tests - count)
        for count in range(hits, tests + 1)
    )


def _near(
    past: Sequence[Surge], times: Sequence[float], at: float, jitter: float
) -> Surge | None:
    """Return the surge closest to a time, at most `jitter` away."""
    index = bisect_left(times, at)
    closest = min(past[max(0, index - 1) : index + 1], key=lambda each: abs(each.at - at))
    return closest if abs(closest.at - at) <= jitter else None


def _jitter(period: float) -> float:
    return min(_MAX_JITTER, max(_MIN_JITTER, _JITTER * period))


def _is_same(one: Surge, other: Surge) -> bool:
    return min(one.rate, other.rate) >= _SAME_RATE * max(one.rate, other.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class TideTable:
    """What is known of the surges of one object, and which one is due next."""

    surges: Surges = field(default_factory=Surges)
    began: float | None = None
    """When the first count was observed."""
    ended: float = 0.0
    """The end of the last count."""
    next: Recurrence | None = None

    def observe(self, counts: Sequence[Count]) -> "TideTable":
        """Return the table after one more count. The forecast is computed once in a surge."""
        if not counts or counts[-1].end <= self.ended:
            return self
        count = counts[-1]
        began = count.end - count.seconds if self.began is None else self.began
        surges = self.surges.observe(count, is_due=self._is_due(count.end))
        new = replace(self, surges=surges, began=began, ended=count.end)
        is_over = self.next is not None and count.end > self.next.due + _HOLD_SECONDS
        if self.began is not None and not is_over and surges.past == self.surges.past:
            return new
        found = recurrences(surges.past, count.end, began)
        upcoming = [each for each in found if each.due + _HOLD_SECONDS >= count.end]
        return replace(new, next=_first(upcoming))

    def expected(self, now: float, start_seconds: float) -> Recurrence | None:
        """Return the recurrence for which replicas have to be started or kept now."""
        coming = self.next
        if coming is None or now < coming.due - start_seconds - MARGIN_SECONDS:
            return None
        hold = _HOLD_SECONDS if self._has_come(coming) else _LATE_SECONDS
        return coming if now <= coming.due + hold else None

    def _is_due(self, now: float) -> bool:
        coming = self.next
        if coming is None:
            return False
        jitter = _jitter(coming.period)
        return coming.due - jitter <= now <= coming.due + jitter + _HOLD_SECONDS

    def _has_come(self, coming: Recurrence) -> bool:
        jitter = _jitter(coming.period)
        current = self.surges.current
        return current is not None and abs(current.at - coming.due) <= jitter

    def checked_rate(self, coming: Recurrence) -> float:
        """Return the forecast rate, less if fewer messages arrive now than before the others.

        Two standard deviations are noise. A tenth of the forecast rate is added to both rates: the
        few messages before a timer say nothing about it.
        """
        if self._has_come(coming):
            return coming.rate
        present, few = self.surges.rate or 0.0, _FEW * coming.rate
        noise = 2 * math.sqrt(max(present, coming.before) / _RATE_SECONDS)
        return coming.rate * min(1.0, (present + few + noise) / (coming.before + few))


def _first(upcoming: Sequence[Recurrence]) -> Recurrence | None:
    """Return the recurrence that is due first; of those due together, the most regular one."""
    if not upcoming:
        return None
    due = min(each.due for each in upcoming)
    together = [each for each in upcoming if each.due <= due + _jitter(each.period)]
    return max(together, key=lambda each: each.spread)
