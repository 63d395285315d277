"""Messages that consumers return to the queue again and again.

Such a message fails each time, and nothing ends that: classic queues have no limit of deliveries,
and the limit of a quorum queue can be switched off. Redeliveries are no arrivals, and no rate
counts them, but the workers that try such messages are busy. Example: 3 messages come back 20
times a second. After 60 s in which every update shows that, the object says so.
"""

from dataclasses import dataclass

from mare.domain.observation import Load
from mare.domain.unknown import Unknown, known, total

_LEAST_RATE = 1.0
"""Redeliveries per second below which retries are usual, and cost little."""
_SECONDS = 60.0
"""Time for which messages come back before that is reported: the end of a replica, or of a service
that the consumers need, redelivers many messages once."""


@dataclass(frozen=True, slots=True)
class Redeliveries:
    """Redeliveries that exceed the published messages in each statistics update."""

    at: float = 0.0
    counters: tuple[int, int, int] | None = None
    """Published, delivered and redelivered messages; None if one of them is unknown."""
    since: float | None = None
    """Since when messages come back in each update."""
    rate: float = 0.0
    """Redeliveries per second in the last update."""
    messages: int = 0
    """About how many messages come back: the redelivered share of the unacknowledged messages."""

    def observe(self, load: Load) -> "Redeliveries":
        """Add a reading. The counters change with the statistics only."""
        at = load.statistics_at
        if isinstance(at, Unknown) or at <= self.at:
            return self
        published = total(reading.published for reading in load.readings)
        delivered = total(reading.delivered for reading in load.readings)
        redelivered = total(reading.redelivered for reading in load.readings)
        if (
            isinstance(published, Unknown)
            or isinstance(delivered, Unknown)
            or isinstance(redelivered, Unknown)
        ):
            return self  # A moment without statistics ends nothing.
        counters = published, delivered, redelivered
        if self.counters is None:
            return Redeliveries(at, counters)
        new, all_, again = (a - b for a, b in zip(counters, self.counters, strict=True))
        rate = again / (at - self.at)
        if rate < _LEAST_RATE or again <= new or all_ < again:
            return Redeliveries(at, counters)
        since = self.at if self.since is None else self.since
        messages = max(1, round(known(load.unacknowledged, 0) * again / all_))
        return Redeliveries(at, counters, since, rate, messages)

    @property
    def are_endless(self) -> bool:
        return self.since is not None and self.at - self.since >= _SECONDS
