"""Messages that consumers return to the queue again and again.

Such a message fails each time, and nothing ends that: classic queues have no limit of deliveries,
and the limit of a quorum queue can be switched off. Redeliveries are no arrivals, and no rate
counts them, but the workers that try such messages are busy. Example: 3 messages come back 20
times a second. After 60 s in which every update shows that, the object says so. Up to as many
redeliveries as published messages show nothing: each message may fail once.

How many come back shows in the unacknowledged messages beyond those that workers have for the
others, by Little's law: 5 are unacknowledged, and 2 a second are acknowledged that take 1 s, so
that 3 come back. The service time is that of before: now it has the workers of these messages.

That is reported and decides nothing. Only the measured capacity falls, by the workers that try such
messages, so that the count rises for the others.
"""

from dataclasses import dataclass, replace

from mare.domain.observation import STATISTICS_SECONDS, Load
from mare.domain.unknown import Unknown, known, total

_LEAST_RATE = 1.0
"""Redeliveries per second below which retries are usual, and cost little."""
_SECONDS = 60.0
"""Time for which messages come back before that is reported: the end of a replica, or of a service
that the consumers need, redelivers many messages once."""
_UPDATES = int(_SECONDS / STATISTICS_SECONDS)
"""Updates of the mean: one update alone has some more or fewer messages of the others."""


@dataclass(frozen=True, slots=True)
class Redeliveries:
    """Redeliveries that exceed the published messages in each statistics update."""

    at: float = 0.0
    counters: tuple[int, int, int, int] | None = None
    """Published, delivered, redelivered and acknowledged messages; None before the first."""
    since: float | None = None
    """Since when messages come back in each update."""
    rate: float = 0.0
    """Redeliveries per second in the last update."""
    beyond: float = 0.0
    """The mean of the unacknowledged messages that come back, of a minute."""
    service_seconds: float = 0.0
    """The service time when no message came back; 0 if it was unknown."""
    updates: int = 0
    """The updates since `since`."""

    @property
    def messages(self) -> int:
        """About how many messages come back; without a service time, the unacknowledged ones."""
        return max(1, round(self.beyond))

    def observe(self, load: Load, service_seconds: float | Unknown) -> "Redeliveries":
        """Add a reading. The counters change with the statistics only."""
        at = load.statistics_at
        if isinstance(at, Unknown) or at <= self.at:
            return self
        published = total(reading.published for reading in load.readings)
        delivered = total(reading.delivered for reading in load.readings)
        redelivered = total(reading.redelivered for reading in load.readings)
        acknowledged = total(reading.acknowledged for reading in load.readings)
        if (
            isinstance(published, Unknown)
            or isinstance(delivered, Unknown)
            or isinstance(redelivered, Unknown)
            or isinstance(acknowledged, Unknown)
        ):
            return self  # A moment without statistics ends nothing.
        counters = published, delivered, redelivered, acknowledged
        begun = Redeliveries(at, counters, service_seconds=known(service_seconds, 0.0))
        if self.counters is None:
            return replace(begun, service_seconds=0.0)  # messages may come back already
        new, all_, again, done = (a - b for a, b in zip(counters, self.counters, strict=True))
        seconds = at - self.at
        rate = again / seconds
        if rate < _LEAST_RATE or again <= new or all_ < again:
            return begun
        others = max(0, done) / seconds * self.service_seconds
        updates = self.updates + 1
        weight = 1 / min(updates, _UPDATES)
        beyond = known(load.unacknowledged, 0) - others
        return replace(
            self,
            at=at,
            counters=counters,
            since=self.at if self.since is None else self.since,
            rate=rate,
            beyond=self.beyond + weight * (beyond - self.beyond),
            updates=updates,
        )

    @property
    def are_endless(self) -> bool:
        return self.since is not None and self.at - self.since >= _SECONDS
