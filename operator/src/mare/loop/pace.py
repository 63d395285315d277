"""How often an object is read: as often as the budgets of broker requests allow."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

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


class Rank(Enum):
    """How urgent the reads of an object are."""

    IDLE = "idle"
    """Only a read finds the message that wakes it: these reads have a budget for themselves."""
    BUSY = "busy"
    """These share a budget with all idle ones."""
    UNREADABLE = "unreadable"
    """The broker, or each queue, cannot be read for seconds: these have a budget for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two reads of an object."""

    shortest: float = 0.25
    longest: float = 1.0
    reads_per_second: float = 400.0
    longest_unreadable: float = 30.0
    """Connections wait up to 8 s until they are tried again."""
    unreadable_per_second: float = 100.0
    """500 objects of hostile brokers, read 290 times a second, took a third of the loop. At least
    every 5 s, 3,000 had 600 reads a second."""

    def periods(
        self, reads: Mapping[str, int], rank: Rank, share: float = 1.0
    ) -> Mapping[str, float]:
        """Return the periods of namespaces at which these reads stay within the budget of a rank.

        `share` is the part of the budget that these namespaces have. None is longer than the
        longest, unless a namespace alone has more than 1,000 reads.
        """
        budget, longest = self.reads_per_second, self.longest
        if rank is Rank.UNREADABLE:
            budget, longest = self.unreadable_per_second, self.longest_unreadable
        most = _fair_share((count / self.shortest for count in reads.values()), budget * share)
        return {
            namespace: max(
                min(max(count / most, self.shortest), longest),
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
        self._periods: Mapping[Rank, Mapping[str, float]] = {rank: {} for rank in Rank}
        self._refused: Counter[str] = Counter()
        """Objects of a namespace that are not read."""

    def update(
        self, costs: Iterable[tuple[Key, int, Rank]], now: float, share: float = 1.0
    ) -> None:
        """Compute all once a second, as that takes 0.2 ms.

        `costs` are the objects, oldest first, the reads that each takes, and their rank. `share` is
        the part of the reads per second that they have.
        """
        if self._computed_at <= now < self._computed_at + _UPDATE_SECONDS:
            return
        self._computed_at, self._exceeding = now, set()
        used: Counter[str] = Counter()
        reads: dict[Rank, Counter[str]] = {rank: Counter() for rank in Rank}
        self._refused.clear()
        for key, cost, rank in costs:
            namespace = key.namespace
            if used[namespace] + cost > self._namespace_reads:
                self._exceeding.add(key)
                self._refused[namespace] += 1
                continue
            used[namespace] += cost
            reads[rank][namespace] += cost
        reads[Rank.BUSY] += reads[Rank.IDLE]
        # An object may have another rank before the next update.
        self._periods = {
            rank: self._pace.periods({each: reads[rank][each] for each in used}, rank, share)
            for rank in Rank
        }

    def period(self, key: Key, rank: Rank) -> float:
        """Return the seconds between two decisions on an object."""
        if key in self._exceeding:
            return max(_REFUSED_SECONDS, self._refused[key.namespace] / _REFUSED_PER_SECOND)
        return self._periods[rank].get(key.namespace, self._pace.longest)

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
