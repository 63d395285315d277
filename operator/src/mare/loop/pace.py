"""How often an object is looked at: as often as the budget of reads allows, within bounds."""

from collections.abc import Callable
from dataclasses import dataclass

_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two looks at an object.

    Objects at rest come first: only a message in their queue can wake them, and somebody waits for
    it. They have the budget for themselves, the others share it with all.
    """

    shortest: float = 0.25
    longest: float = 1.0
    reads_per_second: float = 400.0

    def period(self, reads: int) -> float:
        """The period at which this many reads stay within the budget."""
        return min(max(reads / self.reads_per_second, self.shortest), self.longest)


class Periods:
    """The periods of all objects at rest and of the others, worked out once a second.

    A thousand objects are gone through in 0.2 ms, which is too much for each of the rounds of a
    second, of which every Secret has several.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._worked_out_at = float("-inf")
        self._periods = pace.longest, pace.longest

    def at(self, now: float, reads: Callable[[], tuple[int, int]]) -> tuple[float, float]:
        """`reads` tells those of the objects at rest, and those of all."""
        if not self._worked_out_at <= now < self._worked_out_at + _SECONDS:
            self._worked_out_at = now
            at_rest, of_all = reads()
            self._periods = self._pace.period(at_rest), self._pace.period(of_all)
        return self._periods


def next_turn(number: int, period: float, now: float) -> float:
    """When the object of this number is to be looked at after `now`.

    Its turns are the same in each period, whatever happened before, so that all are spread evenly.
    """
    share = number * 0.618033988749895  # the golden ratio: each new one falls in a wide gap
    return now + period * (1.0 - (now / period - share) % 1.0)
