"""What counts for queues that are unknown or missing, beside others that are known.

The consumers of an unknown queue change as those of the known queues do. Its messages are unknown,
and a missing queue has none. Both can come back with those of their last reading, and more, which
are no burst.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mare.domain.observation import Load, QueueKey, QueueReading
from mare.domain.unknown import Unknown, known


@dataclass(frozen=True, slots=True)
class AbsentQueues:
    last: tuple[QueueReading, ...] = ()
    """The last known reading of each queue; an unknown one, if it was never known."""
    whole: tuple[QueueReading, ...] = ()
    """The readings of when no queue was unknown last."""
    keys: frozenset[QueueKey] = frozenset()
    """The queues that were unknown or missing in the last reading."""
    returned: int = 0
    """Messages that came while their queue was absent, in the reading that shows it again."""

    @property
    def messages(self) -> int:
        """The ready messages that absent queues had when they were read last."""
        return _ready(each for each in self.last if each.key in self.keys) if self.keys else 0

    def observe(self, load: Load, *, is_whole: bool) -> "AbsentQueues":
        """Return the absent queues after one more reading, which is whole but for missing ones."""
        whole = load.readings if is_whole else self.whole
        if not self.keys and not isinstance(load.ready, Unknown):
            return AbsentQueues(load.readings, whole)
        before = {each.key: each for each in self.last}
        keys = frozenset(each.key for each in load.readings if isinstance(each.ready, Unknown))
        returned = 0
        for each in load.readings:
            was = before[each.key].ready if each.key in before else each.ready
            if each.key in self.keys and not isinstance(was, Unknown):
                returned += max(0, known(each.ready, 0) - was)
        last = tuple(
            before.get(each.key, each) if each.key in keys else each for each in load.readings
        )
        return AbsentQueues(last, whole, keys, returned)

    def with_assumed_consumers(self, load: Load) -> Load:
        """Return the load in which unknown queues have consumers, but no messages.

        It is returned as it is if no queue is unknown, or if all of them are. Example: of 4
        replicas each had a consumer of one queue and 9 of another, which is unknown now. With 8
        consumers of the first one it is assumed to have 72. A queue that was never read is assumed
        to have as many as the known ones on average.
        """
        if not isinstance(load.ready, Unknown) and not isinstance(load.consumers, Unknown):
            return load
        then = {key: count for key, (_, count) in _known(self.whole).items()}
        now = _known(load.readings)
        if not now:
            return load
        in_both = then.keys() & now.keys()
        before, after = sum(then[key] for key in in_both), sum(now[key][1] for key in in_both)
        mean = sum(count for _, count in now.values()) / len(now)
        assumed = [
            round(then[each.key] * after / before if before and each.key in then else mean)
            for each in load.readings
            if each.key not in now
        ]
        consumers = [*(count for _, count in now.values()), *assumed]
        return replace(
            load,
            ready=sum(ready for ready, _ in now.values()),
            consumers=sum(consumers),
            consumed_queues=sum(count > 0 for count in consumers),
        )


def _known(readings: Iterable[QueueReading]) -> dict[QueueKey, tuple[int, int]]:
    """Return ready messages and consumers of the queues of which both are known."""
    return {
        each.key: (each.ready, each.consumers)
        for each in readings
        if not isinstance(each.ready, Unknown) and not isinstance(each.consumers, Unknown)
    }


def _ready(readings: Iterable[QueueReading]) -> int:
    return sum(known(each.ready, 0) for each in readings)
