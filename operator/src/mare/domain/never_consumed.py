"""Queues whose messages no replica takes, such as those that delay messages for other queues.

Nothing was ever delivered from them, and other queues have consumers. Example: messages of a queue
with x-message-ttl expire, and RabbitMQ moves them to the consumed queue. A failover takes consumers
and counters away, so that queues count which had a consumer before.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from mare.domain.clause import Clause
from mare.domain.observation import Load, QueueReading
from mare.domain.unknown import known

_MOST_NAMES = 3


def with_consumed(load: Load, before: frozenset[str]) -> frozenset[str]:
    """Return the keys of the queues that have had a consumer or a delivery."""
    new = [
        each.key
        for each in load.readings
        if (known(each.consumers, 0) > 0 or known(each.delivered, 0) > 0) and each.key not in before
    ]
    return before.union(new) if new else before


def never_consumed(
    load: Load, replicas: int, consumed: AbstractSet[str]
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
