"""What one replica can do, learnt from unacknowledged messages and acknowledgements.

Little's law: busy workers = acknowledgements a second x service time. Consumers show their
prefetch, so a replica with `workers` of them finishes workers x acknowledged / busy-seconds. Where
the prefetch exceeds the real workers, unacknowledged messages include some that no worker has
begun, and the figure is too high; then the rate at saturation, seen while messages were ready all
the time, contradicts it and is believed instead.
"""

import math
from dataclasses import dataclass

_SIGHTING_SECONDS = 5.0
"""Unacknowledged messages are seen no more often than this."""
_LARGEST_ERROR = 0.5
_LONG_SECONDS = 900.0
"""Age at which a sighting still counts for 1/e; the mean of a minute is several percent wide."""
_SHORT_SECONDS = 60.0
_SURPRISE = 0.25
"""Difference of the last minute at which the long memory is given up."""
_CONTRADICTION = 0.8
"""Share of the figure by Little's law below which the rate at saturation is believed."""
_RELAXATION = 1.0 / 6000
"""Growth each second of what the rate at saturation may have become, so that faster workers are
found out in time."""
_ENOUGH_MESSAGES = 10.0
_ENOUGH_SECONDS = 50.0
"""Evidence before a service time is believed: of slow messages few are acknowledged, of quick ones
few are unacknowledged in any of the sightings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What is known for sure of the time between two statistics."""

    seconds: float
    acknowledged: int
    busy_seconds: float
    """Time that workers had a message, over all of them."""
    replica_seconds: float
    """Time that replicas consumed, over all of them."""
    saturated: bool
    """Whether messages were ready all the time."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """Sums that fade with age: messages acknowledged, and the seconds that they took."""

    acknowledged: float = 0.0
    seconds: float = 0.0

    def with_more(self, acknowledged: float, seconds: float, fading: float) -> "Sightings":
        return Sightings(self.acknowledged * fading + acknowledged, self.seconds * fading + seconds)

    @property
    def each(self) -> float | None:
        """Seconds for each message, None until there is enough evidence."""
        if self.acknowledged < _ENOUGH_MESSAGES or self.seconds < _ENOUGH_SECONDS:
            return None
        return self.seconds / self.acknowledged


@dataclass(frozen=True, slots=True)
class Capacity:
    """What was seen of the replicas at work."""

    long: Sightings = Sightings()
    short: Sightings = Sightings()
    saturated: Sightings = Sightings()
    """Here the seconds are those of replicas."""
    doubt: float = 1.0
    """Times the rate at saturation that replicas may do by now."""

    def per_replica(self, workers: float | None) -> float | None:
        """Messages a second that a replica finishes when it has enough to do, None if unknown."""
        at_saturation = None
        if self.saturated.acknowledged >= _ENOUGH_MESSAGES and self.saturated.seconds > 0:
            at_saturation = self.saturated.acknowledged / self.saturated.seconds
        service = self.long.each
        if not service or workers is None:
            return at_saturation
        by_little = workers / service
        if at_saturation is not None and at_saturation * self.doubt < _CONTRADICTION * by_little:
            return at_saturation * self.doubt
        return by_little

    @property
    def error(self) -> float:
        """Relative standard error: that of the number of unacknowledged messages sighted."""
        sightings = self.long.seconds / _SIGHTING_SECONDS
        return min(_LARGEST_ERROR, 1 / math.sqrt(sightings)) if sightings else _LARGEST_ERROR

    def seen(self, interval: Interval) -> "Capacity":
        """The same with one more interval."""
        seconds, acknowledged = interval.seconds, interval.acknowledged
        fading = math.exp(-seconds / _LONG_SECONDS)
        long = self.long.with_more(acknowledged, interval.busy_seconds, fading)
        short = self.short.with_more(
            acknowledged, interval.busy_seconds, math.exp(-seconds / _SHORT_SECONDS)
        )
        if short.each and long.each and abs(short.each / long.each - 1) > _SURPRISE:
            long = short
        if not interval.saturated:
            return Capacity(long, short, self.saturated, self.doubt * (1 + _RELAXATION * seconds))
        doubted = Sightings(self.saturated.acknowledged, self.saturated.seconds / self.doubt)
        more = doubted.with_more(acknowledged, interval.replica_seconds, fading / self.doubt)
        return Capacity(long, short, more)


def remembered(per_replica: float, workers: float) -> Capacity:
    """What a former operator wrote down, as just enough evidence."""
    each = workers / per_replica
    messages = max(_ENOUGH_MESSAGES, _ENOUGH_SECONDS / each)
    return Capacity(long=Sightings(messages, messages * each))
