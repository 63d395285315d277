"""Acknowledgements in batches: one acknowledgement for many messages (`multiple`).

Until a batch is full, its messages wait and no worker is busy with them. Little's law takes them
for work: replicas that each collect 1,000 messages look slower, the more of them share the load.
Such acknowledgements come in lumps that the deliveries do not have. Example: each update shows 250
deliveries, and 0 or 500 acknowledgements in turn. The dispersion of the acknowledgements is
500 x 500 / 500, so that a batch has 500 messages.
"""

from dataclasses import dataclass, replace

from mare.domain.unknown import Unknown

LARGE_PREFETCH = 20
"""Messages of a replica above which its prefetch count is hardly the number of its workers."""
_LEAST = 10.0
"""Messages in a lump. Workers that began together can end together."""
_FACTOR = 4.0
"""Multiple of the dispersion of the deliveries: a load that jumps is in both."""
_DECAY = 0.98
"""Of the sums at each update: after 4 minutes a lump has the weight 1/e."""


@dataclass(frozen=True, slots=True)
class _Dispersion:
    """Squared differences of counts that follow each other, over their sums.

    It is 1 for a Poisson process, and n if all messages come in lumps of n.
    """

    last: int | None = None
    squares: float = 0.0
    sums: float = 0.0

    def observe(self, count: int) -> "_Dispersion":
        if self.last is None:
            return replace(self, last=count)
        squares = _DECAY * self.squares + (count - self.last) ** 2
        return _Dispersion(count, squares, _DECAY * self.sums + count + self.last)

    @property
    def value(self) -> float:
        return max(1.0, self.squares / self.sums) if self.sums else 1.0


@dataclass(frozen=True, slots=True)
class AcknowledgementBatches:
    acknowledged: _Dispersion = _Dispersion()
    delivered: _Dispersion = _Dispersion()

    def observe(
        self, acknowledged: int | Unknown, delivered: int | Unknown
    ) -> "AcknowledgementBatches":
        """Add the messages of one statistics update."""
        if isinstance(acknowledged, Unknown) or isinstance(delivered, Unknown):
            return self
        return AcknowledgementBatches(
            self.acknowledged.observe(acknowledged), self.delivered.observe(delivered)
        )

    def size_within(self, prefetch: float) -> float:
        """Return how many messages are acknowledged together; 1 if they are not in batches.

        A batch fits into the prefetch count of a replica, of which 0 is no limit.
        """
        size = self.acknowledged.value
        if 0 < prefetch < LARGE_PREFETCH:
            return 1.0
        return size if size >= max(_LEAST, _FACTOR * self.delivered.value) else 1.0
