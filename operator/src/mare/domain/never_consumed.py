"""Queues whose messages no replica takes, such as queues that delay messages for other queues.

Nothing was ever delivered from them, and other queues have consumers. Example: messages of a queue
with x-message-ttl expire, and RabbitMQ moves them to the consumed queue. A failover takes consumers
and counters away, so that queues count which had a consumer before.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from mare.domain.clause import Clause
from mare.domain.observation import Load, QueueKey, QueueReading
from mare.domain.unknown import Unknown, known

_MOST_NAMES = 3
_MOST_GONE = 100
"""Keys that are kept of queues which are not read, beside as many as are read."""
_MOST_KEYS = 4_000
"""The same while a queue is unknown, as its pattern can stand for 2,000 queues."""


def with_consumed(load: Load, before: frozenset[QueueKey]) -> frozenset[QueueKey]:
    """Return the keys of the queues that have had a consumer or a delivery.

    Keys of queues that are gone are dropped once they are many: with a queue for each job there
    would be more keys each day.
    """
    new = [
        each.key
        for each in load.readings
        if (known(each.consumers, 0) > 0 or known(each.delivered, 0) > 0) and each.key not in before
    ]
    if not new:
        return before
    consumed, queues = before.union(new), load.readings
    some_unknown = any(isinstance(each.ready, Unknown) for each in queues)
    most = _MOST_KEYS if some_unknown else 2 * len(queues) + _MOST_GONE
    return consumed if len(consumed) <= most else consumed.intersection(e.key for e in queues)


def never_consumed(
    load: Load, replicas: int, consumed: AbstractSet[QueueKey]
) -> tuple[QueueReading, ...]:
    """Return the queues with ready messages that no replica takes, if there are replicas."""
    if replicas == 0 or load.consumed_queues == 0:
        return ()
    return tuple(
        each
        for each in load.readings
        if (each.consumers, each.delivered) == (0, 0)
        and known(each.ready, 0) > 0
        and each.key not in consumed
    )


def not_counted(omitted: Sequence[QueueReading]) -> Clause:
    """Return the clause about the messages that are left out."""
    count = sum(known(each.ready, 0) for each in omitted)
    names = ", ".join(each.name for each in omitted[:_MOST_NAMES])
    return Clause("uncounted.queues", count=count, names=names)
