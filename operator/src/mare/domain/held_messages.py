"""How long messages are unacknowledged at least, and how many are beyond the workers.

The service time is the mean of acknowledged messages, so that long ones show in it late. A message
that is unacknowledged now and was delivered before a time has been held since then.
"""

import math
from dataclasses import dataclass, replace

from mare.domain.observation import Load
from mare.domain.unknown import Unknown, known, total

_MEMORY_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class HeldMessages:
    """The longest time for which a message was held lately."""

    since: float | None = None
    """The time of the statistics since which a message has been held and none acknowledged."""
    delivered: int = 0
    """The counter at that time."""
    acknowledged: int = 0
    seconds: float = 0.0
    """The longest time, observed last at `seen_at`."""
    seen_at: float = 0.0
    beyond: int = 0
    """Unacknowledged messages that no worker can have begun: they are more than the workers."""
    beyond_since: float | None = None
    """Since when such messages exist; None without any."""

    def observe_workers(self, load: Load, most: float) -> "HeldMessages":
        """Return the messages beyond the `most` that workers can have begun."""
        at, beyond = load.statistics_at, known(load.unacknowledged, 0) - most
        if isinstance(at, Unknown) or beyond <= 0:
            return self if self.beyond_since is None else replace(self, beyond_since=None)
        since = at if self.beyond_since is None else self.beyond_since
        return replace(self, beyond=math.ceil(beyond), beyond_since=since)

    def observe(self, load: Load) -> "HeldMessages":
        """Return the times with the statistics of one more reading.

        At most as many unacknowledged messages are newer than a time as were delivered since that
        time. That also holds where consumers return messages to the queue. Example: 2 messages are
        unacknowledged, and 40 s later 2 are, with one more delivered and none acknowledged. So one
        message was held for 40 s.
        """
        at, count = load.statistics_at, known(load.unacknowledged, 0)
        delivered = total(reading.delivered for reading in load.readings)
        acknowledged = total(reading.acknowledged for reading in load.readings)
        if isinstance(at, Unknown) or isinstance(delivered, Unknown) or count == 0:
            return self.interrupted()
        if isinstance(acknowledged, Unknown):
            return self.interrupted()
        may_be_newer = not 0 <= delivered - self.delivered < count
        if self.since is None or acknowledged != self.acknowledged or may_be_newer:
            return replace(self, since=at, delivered=delivered, acknowledged=acknowledged)
        seconds = at - self.since
        if seconds >= self.longest(at):
            return replace(self, seconds=seconds, seen_at=at)
        return self

    def interrupted(self) -> "HeldMessages":
        """Return the times without the present hold, which has ended or cannot be measured.

        In an alarm RabbitMQ reads nothing from connections that publish, acknowledgements included.
        """
        return self if self.since is None else replace(self, since=None)

    def longest(self, now: float) -> float:
        """Return the longest time of the last 15 minutes."""
        return self.seconds if now - self.seen_at <= _MEMORY_SECONDS else 0.0
