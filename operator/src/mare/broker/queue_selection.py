"""The queues of one object in one virtual host."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from mare.broker.queue_names import QueueQuery, is_broadcast
from mare.broker.virtual_host import VirtualHost
from mare.custom_resource.autoscaler import Autoscaler

_MOST_FRESH = 256
"""Queues of one object that are looked at themselves; the status has room for as many."""

Found = Mapping[str, tuple[str, ...]]
"""Queues, with the entries of spec.queues by which each is found."""


@dataclass(frozen=True, slots=True)
class QueueSelection:
    autoscaler: Autoscaler
    wanted: QueueQuery
    found: Found
    readable: Found
    """Those that are not one connection's or process's own."""

    @property
    def fresh(self) -> frozenset[str]:
        """The queues to look at."""
        return frozenset(islice(self.readable, _MOST_FRESH))

    @property
    def others(self) -> frozenset[str]:
        """The queues that are too many for that: what the statistics tell has to do."""
        return frozenset(islice(self.readable, _MOST_FRESH, None))


def select_queues(autoscaler: Autoscaler, wanted: QueueQuery, host: VirtualHost) -> QueueSelection:
    found = host.queues_of(wanted)
    readable = {
        name: entries
        for name, entries in found.items()
        if not (host.statistics_of(name).exclusive or is_broadcast(name))
    }
    return QueueSelection(autoscaler, wanted, found, readable)
