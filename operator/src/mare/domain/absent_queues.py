"""What counts for queues that are unknown or missing, beside others that are known.

Each replica consumes each queue, so that an unknown one has as many consumers as the known ones on
average. Its messages are unknown, and a missing queue has none. Both can come back with those of
their last reading, and more, which are no burst.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mare.domain.observation import Load, QueueKey, QueueReading, load_of
from mare.domain.unknown import Unknown, known


@dataclass(frozen=True, slots=True)
class AbsentQueues:
    last: tuple[QueueReading, ...] = ()
    """The last known reading of each queue; an unknown one, if it was never known."""
    keys: frozenset[QueueKey] = frozenset()
    """The queues that were unknown or missing in the last reading."""
    returned: int = 0
    """Messages that came while their queue was absent, in the reading that shows it again."""

    @property
    def messages(self) -> int:
        """The ready messages that absent queues had when they were read last."""
        return _ready(each for each in self.last if each.key in self.keys) if self.keys else 0

    def observe(self, load: Load) -> "AbsentQueues":
        """Return the absent queues after one more reading."""
        if not self.keys and not isinstance(load.ready, Unknown):
            return AbsentQueues(load.readings)
        before = {each.key: each for each in self.last}
        keys = frozenset(each.key for each in load.readings if isinstance(each.ready, Unknown))
        again = tuple(each for each in load.readings if each.key in self.keys - keys)
        more = _ready(again) - _ready(before[each.key] for each in again if each.key in before)
        last = tuple(
            before.get(each.key, each) if each.key in keys else each for each in load.readings
        )
        return AbsentQueues(last, keys, max(0, more))


def with_assumed_consumers(load: Load) -> Load:
    """Return the load in which unknown queues have consumers, but no messages.

    It is returned as it is if no queue is unknown, or if all of them are.
    """
    if not isinstance(load.ready, Unknown) and not isinstance(load.consumers, Unknown):
        return load
    counts = [
        each.consumers
        for each in load.readings
        if not isinstance(each.ready, Unknown) and not isinstance(each.consumers, Unknown)
    ]
    if not counts:
        return load
    mean = round(sum(counts) / len(counts))
    return load_of(
        tuple(
            replace(each, ready=known(each.ready, 0), consumers=known(each.consumers, mean))
            for each in load.readings
        )
    )


def _ready(readings: Iterable[QueueReading]) -> int:
    return sum(known(each.ready, 0) for each in readings)
