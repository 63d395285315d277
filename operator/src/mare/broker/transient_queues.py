"""Which queues of an object vanish with their last consumer, also after they have vanished."""

from collections.abc import Collection

from mare.broker.queue_names import QueueQuery
from mare.broker.virtual_host import VirtualHost
from mare.custom_resource.autoscaler import Key
from mare.domain.unknown import Unknown, known

_NOT_TOLD = Unknown("NotReported", "only the management API tells which queues vanish")
_NOT_SEEN = Unknown("NoConsumers", "which queues vanish is seen when somebody consumes")


class TransientQueues:
    """Remembers what was seen of each object in each virtual host while it had consumers."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Key, str], tuple[QueueQuery, tuple[str, ...]]] = {}

    def of(
        self, key: Key, wanted: QueueQuery, queues: Collection[str], host: VirtualHost
    ) -> tuple[str, ...] | Unknown:
        """Those among the `queues` that are there, or that were there when somebody consumed."""
        if not host.tells_transient:
            return _NOT_TOLD
        told = {name: host.statistics_of(name) for name in queues}
        transient = tuple(name for name, each in told.items() if each.transient)
        owner = key, host.name
        if transient or any(known(each.consumers, 0) for each in told.values()):
            self._seen[owner] = wanted, transient
        asked, seen = self._seen.get(owner, (None, ()))
        if asked == wanted:
            return seen
        are_all_there = not any(isinstance(each.ready, Unknown) for each in told.values())
        return () if are_all_there and not wanted.needs_names else _NOT_SEEN

    def keep_only(self, keys: Collection[Key]) -> None:
        self._seen = {owner: seen for owner, seen in self._seen.items() if owner[0] in keys}
