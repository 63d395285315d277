"""Forecasts surges that come back: when the next one is due, and its load.

Surges that came one period apart are a recurrence. It is believed in if three agree and the surges
since the first of them mostly belong to the recurrence, or if so many agree that it is no
chance. An example: surges of 20, 24 and 21 messages/s at 14:00, 14:30 and 15:00 forecast
20 messages/s, the rate of the weakest one, at 15:30. Without a surge at 15:30, nothing is forecast
for 16:00.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from statistics import fmean

from mare.domain.arrivals import Count
from mare.domain.surges import HOLD_SECONDS, Surge, Surges

_MINUTE, _HOUR = 60.0, 3600.0
_SHORTEST, _LONGEST = _MINUTE, 24 * _HOUR + _MINUTE
_JITTER, _MIN_JITTER, _MAX_JITTER = 0.05, 10.0, 20.0
"""How early or late a surge may be: a share of the period, with bounds in seconds."""
_MOST_TIMES = 8
_MOST_MISSED = 2
"""Surges in a row that are missing where the recurrence began."""
_SAME_RATE = 0.4
"""Least ratio of the rates of surges that agree: half-hourly batches vary by a factor of two."""
_AGREEMENT = 0.6
"""Least share of the expected surges that came, and of the surges that were expected."""
_DENSE = 0.2
"""Probability that a surge comes at a given time by chance, above which three times are chance."""
_CHANCE = 0.05
"""Probability of as many hits by chance, times the surges, below which they are a recurrence."""
_SAME_RATE_OF_TWO, _BEFORE_TWO = 0.7, 0.3
_TIMERS = frozenset(
    (
        *(_MINUTE * each for each in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)),
        *(_HOUR * each for each in (1, 2, 3, 4, 6, 8, 12, 24)),
    )
)
"""Periods that divide an hour or a day, as the periods of cron do."""
_MEASURED_SECONDS = HOLD_SECONDS + _MAX_JITTER
"""Time after which a surge that was due is known or did not come."""
_MARGIN_SECONDS = 10.0
"""Time before a surge at which the replicas are ready."""
_LATE_SECONDS = 20.0
"""How long the replicas wait for a surge that does not come."""
_FEW = 0.1
"""Share of the forecast rate below which the messages before a surge show nothing."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    times: tuple[float, ...]
    """When the load came; the oldest first."""
    period: float
    due: float
    """When it comes next."""
    rate: float
    """Messages/s of the weakest one of these surges."""
    before: float
    """The least messages/s before one of them."""
    agreement: float
    """The ratio of the rates of the weakest and the strongest one."""


def recurrences(past: Sequence[Surge], now: float, began: float) -> Iterator[Recurrence]:
    """Yield the recurrences that are believed in, in the order in which they are due from now on.

    What came between the last surge and `began`, when the operator began to observe, is unknown and
    ends no belief.
    """
    times = [each.at for each in past]
    for due, last, between in sorted(_candidates(times, now, began)):
        for period in dict.fromkeys((_whole_minutes(between), between)):
            chain = _chain(past, times, last, period)
            is_believed = _is_believed(past, times, chain, period)
            if is_believed and _goes_on(past, times, past[last], period, (began, now)):
                yield _recurrence(chain, period, due)
                break


def _candidates(
    times: Sequence[float], now: float, began: float
) -> Iterator[tuple[float, int, float]]:
    """Yield when a surge is due one period after another, the index of that, and the period."""
    gap = times[bisect_left(times, began) - 1] if times and times[0] < began else began
    for last, newest in enumerate(times):
        for first in reversed(range(last)):
            between = newest - times[first]
            if between > _LONGEST:
                break
            due = newest + between
            if gap < due < began:
                due += between * math.ceil((began - due) / between)
            if between >= _SHORTEST and due + HOLD_SECONDS >= now:
                yield due, last, between


def _whole_minutes(between: float) -> float:
    """Return the period of a timer that runs at whole minutes and whose load comes a bit later."""
    period = _MINUTE * round(between / _MINUTE)
    return period if abs(period - between) <= _jitter(between) else between


def _chain(
    past: Sequence[Surge], times: Sequence[float], last: int, period: float
) -> list[Surge | None]:
    """Return the surges one period apart, the newest first; None where there was none."""
    newest, jitter = past[last], _jitter(period)
    chain: list[Surge | None] = [newest]
    at, missed = newest.at - period, 0
    while len(chain) < _MOST_TIMES and missed < _MOST_MISSED and at >= times[0] - jitter:
        surge = _near(past, times, at, jitter)
        if surge is None or not _is_same(surge, newest):
            surge, missed = None, missed + 1
        else:
            at, missed = (at + surge.at) / 2, 0
        chain.append(surge)
        at -= period
    return chain


def _near(past: Sequence[Surge], times: Sequence[float], at: float, jitter: float) -> Surge | None:
    """Return the surge closest to a time, at most `jitter` away."""
    index = bisect_left(times, at)
    closest = min(past[max(0, index - 1) : index + 1], key=lambda each: abs(each.at - at))
    return closest if abs(closest.at - at) <= jitter else None


def _jitter(period: float) -> float:
    return min(_MAX_JITTER, max(_MIN_JITTER, _JITTER * period))


def _is_same(one: Surge, other: Surge) -> bool:
    return min(one.rate, other.rate) >= _SAME_RATE * max(one.rate, other.rate)


def _is_believed(
    past: Sequence[Surge], times: Sequence[float], chain: Sequence[Surge | None], period: float
) -> bool:
    """Return whether surges one period apart are no chance."""
    found = [each for each in chain if each is not None]
    if len(found) < 2 or chain[1] is None:
        return False
    if len(past) == 2:
        return _are_of_timer(found, period)
    hits, tests = len(found) - 2, len(chain) - 2
    if hits == 0:
        return False
    since = past[bisect_left(times, found[-1].at) :]
    # If nothing recurs, each surge comes at a random time.
    chance = min(1.0, (len(since) - 1) * 2 * _jitter(period) / (times[-1] - found[-1].at))
    if chance <= _DENSE and len(found) >= _AGREEMENT * len(chain):
        again = [e for e in since if e in found or _comes_again(past, times, e, period)]
        if _height(again) >= _AGREEMENT * _height(since):
            return True
    return _at_least(hits, tests, chance) * len(past) < _CHANCE


def _comes_again(
    past: Sequence[Surge], times: Sequence[float], surge: Surge, period: float
) -> bool:
    """Return whether such a surge came one period before or after it."""
    jitter = _jitter(period)
    others = (_near(past, times, surge.at + change, jitter) for change in (-period, period))
    return any(other is not None and _is_same(other, surge) for other in others)


def _goes_on(
    past: Sequence[Surge],
    times: Sequence[float],
    newest: Surge,
    period: float,
    observed: tuple[float, float],
) -> bool:
    """Return whether what was due since the newest surge, one period after others, has come.

    A load of every 4 minutes contains a load of every 8 minutes, and both end together.
    """
    jitter, (began, now) = _jitter(period), observed
    first = bisect_left(times, max(began, newest.at + jitter) - period)
    end = bisect_left(times, now - _MEASURED_SECONDS - period)
    due = [e for e in past[first:end] if _near(past, times, e.at - period, jitter) is not None]
    came = [e for e in due if _near(past, times, e.at + period, jitter) is not None]
    return not due or (due[-1] in came[-1:] and _height(came) >= _AGREEMENT * _height(due))


def _are_of_timer(found: Sequence[Surge], period: float) -> bool:
    """Return whether the first two surges of an object are enough, because a timer made them.

    Little arrives before them, their rates are nearly the same, and the period divides a day.
    """
    rates = [each.rate for each in found]
    is_quiet_before = all(each.before <= _BEFORE_TWO * each.rate for each in found)
    return period in _TIMERS and is_quiet_before and min(rates) >= _SAME_RATE_OF_TWO * max(rates)


def _height(surges: Sequence[Surge]) -> float:
    return sum(each.rate - each.before for each in surges)


def _at_least(hits: int, tests: int, chance: float) -> float:
    """Return the probability of at least that many hits."""
    return sum(
        math.comb(tests, count) * chance**count * (1 - chance) ** (tests - count)
        for count in range(hits, tests + 1)
    )


def _recurrence(chain: Sequence[Surge | None], period: float, about: float) -> Recurrence:
    found = [(index, each) for index, each in enumerate(chain) if each is not None]
    newest = fmean(each.at + index * period for index, each in found)
    rates = [each.rate for _, each in found]
    return Recurrence(
        times=tuple(each.at for _, each in reversed(found)),
        period=period,
        due=newest + period * max(1, round((about - newest) / period)),
        rate=min(rates),
        before=min(each.before for _, each in found),
        agreement=min(rates) / max(rates),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TideTable:
    """The surges of one object, and the recurrence that is due next."""

    surges: Surges = field(default_factory=Surges)
    began: float | None = None
    """When the first count began, or the first one after a time without statistics."""
    ended: float = 0.0
    """When the last count ended."""
    next: Recurrence | None = None

    def observe(self, counts: Sequence[Count]) -> "TideTable":
        """Add the newest count, if it is new. Recurrences are sought once for each surge."""
        if not counts or counts[-1].end <= self.ended:
            return self
        count = counts[-1]
        began, start = self.began, count.end - count.seconds
        if began is None or start > self.ended + HOLD_SECONDS:
            began = start  # the statistics were away for longer than a surge
        surges = self.surges.observe(count, is_due=self._is_due(count.end))
        new = replace(self, surges=surges, began=began, ended=count.end)
        is_over = self.next is not None and count.end > self.next.due + _MEASURED_SECONDS
        if self.began is not None and not is_over and surges.past is self.surges.past:
            return new
        return replace(new, next=_first(recurrences(surges.past, count.end, began)))

    def expected(self, now: float, start_seconds: float) -> Recurrence | None:
        """Return the recurrence for which replicas have to be started or kept now."""
        coming = self.next
        if coming is None or now < coming.due - start_seconds - _MARGIN_SECONDS:
            return None
        seconds = HOLD_SECONDS if self._has_come(coming) else _LATE_SECONDS
        return coming if now <= coming.due + seconds else None

    def checked_rate(self, coming: Recurrence) -> float:
        """Return the forecast rate, less if fewer messages arrive now than before the other surges.

        An example: 10 messages/s came after 5, and now 1 arrives. (1 + 1) / (5 + 1) of 10 is 3.3; a
        tenth of the forecast is added to both, because few messages before a timer show nothing.
        Noise of two standard deviations is added as well.
        """
        if self._has_come(coming):
            return coming.rate
        few = _FEW * coming.rate
        present = self.surges.rate_with_noise + few
        return coming.rate * min(1.0, present / (coming.before + few))

    def _is_due(self, now: float) -> bool:
        coming = self.next
        if coming is None:
            return False
        jitter = _jitter(coming.period)
        return coming.due - jitter <= now <= coming.due + jitter + HOLD_SECONDS

    def _has_come(self, coming: Recurrence) -> bool:
        current = self.surges.current
        return current is not None and abs(current.at - coming.due) <= _jitter(coming.period)


def _first(upcoming: Iterator[Recurrence]) -> Recurrence | None:
    """Return the recurrence that is due first; if several are due together, the best agreement."""
    soonest = next(upcoming, None)
    if soonest is None:
        return None
    end = soonest.due + _jitter(soonest.period)
    together = (soonest, *takewhile(lambda each: each.due <= end, upcoming))
    return max(together, key=lambda each: (round(each.agreement, 1), len(each.times)))
