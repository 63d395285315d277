"""Publish and acknowledge rates of the queues of one object, for status and dashboard."""

from collections.abc import Mapping

from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown

Name = tuple[str, str]
"""Virtual host and queue."""
Rates = tuple[float, float]
"""Messages published and acknowledged per second."""


class QueueRates:
    __slots__ = ("_by_queue", "_last")

    def __init__(self) -> None:
        self._last: dict[Name, QueueReading] = {}
        self._by_queue: dict[Name, Rates] = {}

    @property
    def by_queue(self) -> Mapping[Name, Rates]:
        return self._by_queue

    def observe(self, queues: tuple[QueueReading, ...] | Unknown) -> None:
        if isinstance(queues, Unknown):
            return
        for new in queues:
            name = new.vhost, new.name
            old = self._last.get(name)
            if old is not None and old.statistics_at == new.statistics_at:
                continue
            self._last[name] = new
            rates = old and _rates(old, new)
            if rates:
                self._by_queue[name] = rates
            else:
                self._by_queue.pop(name, None)
        if len(self._last) > len(queues):
            for name in self._last.keys() - {(each.vhost, each.name) for each in queues}:
                del self._last[name]
                self._by_queue.pop(name, None)

    def total(self, queues: tuple[QueueReading, ...] | Unknown) -> Rates | None:
        """Return the sums over all queues; None if those of a queue are unknown or too old."""
        if isinstance(queues, Unknown) or not queues:
            return None
        published = acknowledged = 0.0
        for queue in queues:
            rates = self._by_queue.get((queue.vhost, queue.name))
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
