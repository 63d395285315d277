"""Publish and acknowledge rates of the queues of one object, for status and dashboard."""

from collections.abc import Mapping

from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown

Name = tuple[str, str]
"""Virtual host and queue."""
Rates = tuple[float, float]
"""Messages published and acknowledged per second."""


class QueueRates:
    """The last two statistics of each queue: the newest, and the rates since the ones before."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[Name, tuple[QueueReading, Rates | None]] = {}

    @property
    def by_queue(self) -> Mapping[Name, Rates]:
        return {name: rates for name, (_, rates) in self._last.items() if rates}

    def observe(self, queues: tuple[QueueReading, ...] | Unknown) -> None:
        if isinstance(queues, Unknown):
            return
        before, self._last = self._last, {}
        for new in queues:
            last = before.get((new.vhost, new.name))
            if last is None or last[0].statistics_at != new.statistics_at:
                last = new, None if last is None else _rates(last[0], new)
            self._last[new.vhost, new.name] = last

    def total(self, queues: tuple[QueueReading, ...] | Unknown) -> Rates | None:
        """Return the sums over all queues; None if the rates of a queue are unknown or too old."""
        if isinstance(queues, Unknown) or not queues:
            return None
        published = acknowledged = 0.0
        for queue in queues:
            _, rates = self._last.get((queue.vhost, queue.name), (None, None))
            if rates is None or isinstance(queue.statistics_at, Unknown):
                return None
            published += rates[0]
            acknowledged += rates[1]
        return published, acknowledged


def _rates(old: QueueReading, new: QueueReading) -> Rates | None:
    if isinstance(old.statistics_at, Unknown) or isinstance(new.statistics_at, Unknown):
        return None
    seconds = new.statistics_at - old.statistics_at
    published = _difference(old.published, new.published)
    acknowledged = _difference(old.acknowledged, new.acknowledged)
    if seconds <= 0 or published is None or acknowledged is None:
        return None
    return published / seconds, acknowledged / seconds


def _difference(old: int | Unknown, new: int | Unknown) -> int | None:
    """Return how far a counter has risen; None if it is unknown or was reset."""
    if isinstance(old, Unknown) or isinstance(new, Unknown) or new < old:
        return None
    return new - old
