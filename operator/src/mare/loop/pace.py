"""How often an object is read: as often as the budget of broker requests allows."""

from collections.abc import Callable
from dataclasses import dataclass

_UPDATE_SECONDS = 1.0
_GOLDEN_RATIO = 0.618033988749895


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two reads of an object.

    Idle objects come first: only a read finds the message that wakes them. They have the budget
    for themselves; the others share it with all.
    """

    shortest: float = 0.25
    longest: float = 1.0
    reads_per_second: float = 400.0

    def period(self, reads: int) -> float:
        """Return the period at which this many reads stay within the budget."""
        return min(max(reads / self.reads_per_second, self.shortest), self.longest)


class Periods:
    """The periods of idle objects and of others; computed once a second, as that takes 0.2 ms."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._computed_at = float("-inf")
        self._periods = pace.longest, pace.longest

    def at(self, now: float, count_reads: Callable[[], tuple[int, int]]) -> tuple[float, float]:
        """Return both periods; `count_reads` returns the reads of idle objects, and of all."""
        if not self._computed_at <= now < self._computed_at + _UPDATE_SECONDS:
            self._computed_at = now
            of_idle, of_all = count_reads()
            self._periods = self._pace.period(of_idle), self._pace.period(of_all)
        return self._periods


def next_turn(number: int, period: float, now: float) -> float:
    """Return when the object of this number is read next.

    Its turns are at the same point of each period, so that the reads stay evenly spread. The golden
    ratio puts each new number into a wide gap between the others.
    """
    offset = number * _GOLDEN_RATIO
    return now + period * (1.0 - (now / period - offset) % 1.0)
