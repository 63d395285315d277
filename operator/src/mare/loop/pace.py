"""How often an object is read: as often as the budgets of broker requests allow."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mare.custom_resource.autoscaler import Key
from mare.domain.unknown import Unknown

_UPDATE_SECONDS = 1.0
_REFUSED_SECONDS = 15.0
"""Period of objects that are not read: to decide on one takes 0.26 ms."""
_REFUSED_PER_SECOND = 100
"""Decisions on the objects of one namespace: 26 ms a second."""
_NAMESPACE_READS_PER_SECOND = 1_000
"""With a decision each they take a quarter of the loop."""
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

    def periods(self, reads: Mapping[str, int]) -> Mapping[str, float]:
        """Return the periods of namespaces at which these reads stay within the budget.

        None is longer than `longest`, unless a namespace alone has more than 1,000 reads.
        """
        share = _fair_share(
            (count / self.shortest for count in reads.values()), self.reads_per_second
        )
        return {
            namespace: max(
                min(max(count / share, self.shortest), self.longest),
                count / _NAMESPACE_READS_PER_SECOND,
            )
            for namespace, count in reads.items()
        }


class ReadBudget:
    """The periods of objects, and the objects beyond the budget of their namespace.

    Without that budget one tenant could create objects until the reads of all others are late. The
    reads per second are shared between the namespaces: what one does not need, the others have.
    """

    def __init__(self, pace: Pace, namespace_reads: int) -> None:
        self._pace = pace
        self._namespace_reads = namespace_reads
        self._computed_at = float("-inf")
        self._exceeding: set[Key] = set()
        self._periods: dict[str, _Periods] = {}

    def update(self, costs: Iterable[tuple[Key, int, bool]], now: float) -> None:
        """Compute all once a second, as that takes 0.2 ms.

        `costs` are the objects, oldest first, the reads that each takes, and whether it is idle.
        """
        if self._computed_at <= now < self._computed_at + _UPDATE_SECONDS:
            return
        self._computed_at, self._exceeding = now, set()
        of_idle: Counter[str] = Counter()
        used: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        for key, cost, is_idle in costs:
            namespace = key.namespace
            if used[namespace] + cost > self._namespace_reads:
                self._exceeding.add(key)
                refused[namespace] += 1
                continue
            used[namespace] += cost
            of_idle[namespace] += cost if is_idle else 0
        idle, others = self._pace.periods(of_idle), self._pace.periods(used)
        self._periods = {
            namespace: _Periods(idle[namespace], others[namespace], refused[namespace])
            for namespace in used
        }

    def period(self, key: Key, *, is_idle: bool) -> float:
        """Return the seconds between two decisions on an object."""
        periods = self._periods.get(key.namespace)
        if periods is None:
            return self._pace.longest
        if key in self._exceeding:
            return max(_REFUSED_SECONDS, periods.refused / _REFUSED_PER_SECOND)
        return periods.idle if is_idle else periods.others

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


@dataclass(frozen=True, slots=True)
class _Periods:
    """The periods of a namespace: of its idle objects, and of its other ones that are read."""

    idle: float
    others: float
    refused: int
    """The objects that are not read."""


def _fair_share(demands: Iterable[float], budget: float) -> float:
    """Return the most that one may have so that all together stay within the budget."""
    left, waiting = budget, sorted(demands)
    for index, demand in enumerate(waiting):
        share = left / (len(waiting) - index)
        if demand > share:
            return share
        left -= demand
    return math.inf


def next_turn(number: int, period: float, now: float) -> float:
    """Return when the object of this number is read next.

    Its turns are at the same point of each period, so that the reads stay evenly spread. The golden
    ratio puts each new number into a wide gap between the others.
    """
    offset = number * _GOLDEN_RATIO
    return now + period * (1.0 - (now / period - offset) % 1.0)
