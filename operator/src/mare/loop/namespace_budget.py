"""Bounds the broker reads that the objects of one namespace may cause together.

Without it one tenant could create objects until the reads of all others are late.
"""

from collections import Counter
from collections.abc import Iterable

from mare.custom_resource.autoscaler import Key
from mare.domain.unknown import Unknown

_UPDATE_SECONDS = 1.0


class NamespaceBudget:
    """Admits the objects of each namespace in their order, as long as their reads fit."""

    def __init__(self, reads: int) -> None:
        self._reads = reads
        self._computed_at = float("-inf")
        self._exceeding: frozenset[Key] = frozenset()

    def exceeding(self, costs: Iterable[tuple[Key, int]], now: float) -> frozenset[Key]:
        """Return the objects that are not read, computed once a second.

        `costs` are the objects, oldest first, and the reads that each takes.
        """
        if not self._computed_at <= now < self._computed_at + _UPDATE_SECONDS:
            self._computed_at = now
            self._exceeding = frozenset(self._compute(costs))
        return self._exceeding

    def _compute(self, costs: Iterable[tuple[Key, int]]) -> Iterable[Key]:
        used: Counter[str] = Counter()
        for key, cost in costs:
            if used[key.namespace] + cost > self._reads:
                yield key
            else:
                used[key.namespace] += cost

    def unknown(self, key: Key) -> Unknown:
        return Unknown(
            "NamespaceBudgetExceeded",
            f"the objects of namespace {key.namespace} select more than the limit of"
            f" {self._reads:,} queues together",
            key.namespace,
        )
