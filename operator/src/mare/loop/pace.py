"""How often an object is read: as often as the budgets of broker requests allow."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mare.custom_resource.autoscaler import Key
from mare.domain.unknown import Unknown

_UPDATE_SECONDS = 1.0
_REFUSED_SECONDS = 15.0
"""Period of objects that are not read: to decide on one takes 0.26 ms."""
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


class ReadBudget:
    """The periods of objects, and the objects beyond the budget of their namespace.

    Without that budget one tenant could create objects until the reads of all others are late.
    """

    def __init__(self, pace: Pace, namespace_reads: int) -> None:
        self._pace = pace
        self._namespace_reads = namespace_reads
        self._computed_at = float("-inf")
        self._exceeding: set[Key] = set()
        self._idle_period = self._period = pace.longest
        """Of idle objects, and of all others."""

    def update(self, costs: Iterable[tuple[Key, int, bool]], now: float) -> None:
        """Compute all once a second, as that takes 0.2 ms.

        `costs` are the objects, oldest first, the reads that each takes, and whether it is idle.
        """
        if self._computed_at <= now < self._computed_at + _UPDATE_SECONDS:
            return
        self._computed_at, self._exceeding = now, set()
        of_idle = of_all = 0
        used: Counter[str] = Counter()
        for key, cost, is_idle in costs:
            if used[key.namespace] + cost > self._namespace_reads:
                self._exceeding.add(key)
                continue
            used[key.namespace] += cost
            of_all += cost
            of_idle += cost if is_idle else 0
        self._idle_period, self._period = self._pace.period(of_idle), self._pace.period(of_all)

    def period(self, key: Key, *, is_idle: bool) -> float:
        """Return the seconds between two decisions on an object."""
        if key in self._exceeding:
            return _REFUSED_SECONDS
        return self._idle_period if is_idle else self._period

    def refusal(self, key: Key) -> Unknown | None:
        """Return why an object is not read; None if it is."""
        if key not in self._exceeding:
            return None
        return Unknown(
            "NamespaceBudgetExceeded",
            f"the objects of namespace {key.namespace} select more than the limit of"
            f" {self._namespace_reads:,} queues together",
            key.namespace,
        )


def next_turn(number: int, period: float, now: float) -> float:
    """Return when the object of this number is read next.

    Its turns are at the same point of each period, so that the reads stay evenly spread. The golden
    ratio puts each new number into a wide gap between the others.
    """
    offset = number * _GOLDEN_RATIO
    return now + period * (1.0 - (now / period - offset) % 1.0)
