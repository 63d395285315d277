"""Growth of the number of messages, which shows that the replicas are saturated.

Ready messages show it only while the prefetch count keeps them in the queue. Consumers without a
prefetch limit hold all messages, and without statistics only ready messages are known.
"""

import math
from dataclasses import dataclass, replace

from mare.domain.capacity import ClosedInterval

_NOISE = 4.0
"""Standard deviations of a Poisson process beyond which growth is no noise."""
_LEAST_INTERVALS = 2
_LEAST_MESSAGES = 10
_SERVICE_TIMES = 1.5
"""After a step of the load the messages grow for one service time without any saturation."""
_WATCH_SECONDS = 5.0
_RECENT_SECONDS = 1.0
_EMPTY_SECONDS = 30.0
"""A backlog that will be gone within this time needs no more replicas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthGrowth:
    """Messages since the depth, ready and unacknowledged, was lowest with these replicas."""

    depth: int | None = None
    """The lowest depth; None before the first update, and for one interval after a change of the
    replicas, because statistics can be one interval old."""
    service_seconds: float = 0.0
    """The service time as known when the growth began; 0 if it was unknown."""
    grown: int = 0
    intervals: int = 0
    seconds: float = 0.0
    published: int = 0
    acknowledged: int = 0
    batch: float = 1.0
    """Messages that are acknowledged together."""

    def observe(
        self,
        depth: int,
        seconds: float,
        published: int,
        acknowledged: int,
        service_seconds: float,
    ) -> "DepthGrowth":
        """Return the growth after one more statistics update with the same replicas."""
        if self.depth is None or depth <= self.depth:
            return DepthGrowth(depth=depth, service_seconds=service_seconds)
        return replace(
            self,
            grown=depth - self.depth,
            intervals=self.intervals + 1,
            seconds=self.seconds + seconds,
            published=self.published + published,
            acknowledged=self.acknowledged + acknowledged,
        )

    @property
    def is_saturation(self) -> bool:
        """Whether the messages grow because the replicas acknowledge as fast as they can.

        The depth and the counters both have to show the growth: ready messages are newer than the
        counters, and the counters count expired messages as published. Example: in two updates, 10
        s, 100 messages are published and 60 acknowledged, and the depth grows by 40. Noise is the
        root of 160 / 2, 8.9, so that 40 are 4.5 deviations: the replicas can do 6 messages/s.
        """
        return self.is_long and self.acknowledged >= _LEAST_MESSAGES and self._deviations > _NOISE

    def saturation(self, replicas: float) -> ClosedInterval:
        """Return what the replicas acknowledge as evidence of their capacity."""
        return ClosedInterval(
            seconds=self.seconds,
            acknowledged=self.acknowledged,
            busy_seconds=0.0,
            replica_seconds=replicas * self.seconds,
            saturated=True,
            busy_is_known=False,
        )

    @property
    def is_likely(self) -> bool:
        """Whether the messages have probably grown, though not for certain."""
        return self._deviations > _NOISE / 2

    @property
    def is_long(self) -> bool:
        """Whether they grow for longer than a service time."""
        return (
            self.intervals >= _LEAST_INTERVALS
            and self.seconds > _SERVICE_TIMES * self.service_seconds
        )

    @property
    def _deviations(self) -> float:
        noise = math.sqrt((self.published + self.batch * self.acknowledged) / 2)
        grown = min(self.grown, self.published - self.acknowledged)
        return grown / noise if noise else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyGrowth:
    """Ready messages since the replicas or their consumers changed, or the queues were empty."""

    replicas: int = 0
    consumers: int = 0
    since: float = 0.0
    at: float = 0.0
    first: int = 0
    latest: int = 0
    recent: tuple[tuple[float, int], ...] = ()
    """Time and ready messages of two readings of the last two seconds, whatever changed since."""

    def observe(self, replicas: int, consumers: int, ready: int, now: float) -> "ReadyGrowth":
        recent = self.recent
        if not recent or now - recent[-1][0] >= _RECENT_SECONDS:
            recent = (*recent[-1:], (now, ready))
        if (replicas, consumers) != (self.replicas, self.consumers) or ready == 0:
            return ReadyGrowth(
                replicas=replicas,
                consumers=consumers,
                since=now,
                at=now,
                first=ready,
                latest=ready,
                recent=recent,
            )
        return replace(self, at=now, latest=ready, recent=recent)

    @property
    def recent_rate(self) -> float | None:
        """The messages/s by which they have grown lately, 0 if they fell; None if unknown.

        It is of one to two seconds: all messages of a burst arrive in less.
        """
        began, first = self.recent[0] if self.recent else (self.at, 0)
        seconds = self.at - began
        return max(0.0, (self.latest - first) / seconds) if seconds >= _RECENT_SECONDS else None

    @property
    def seconds(self) -> float:
        return self.at - self.since

    @property
    def needs_more(self) -> bool:
        """Whether the replicas do not empty the queues soon, for all that is known."""
        if self.seconds < _WATCH_SECONDS or self.latest <= max(self.consumers, self.replicas):
            return False
        falling = (self.first - self.latest) / self.seconds
        return falling <= 0 or self.latest / falling > _EMPTY_SECONDS
