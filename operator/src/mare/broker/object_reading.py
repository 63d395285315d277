"""What one object reads of a virtual host, and of several together."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from mare.broker.queue_selection import TOO_MANY_QUEUES, QueueQuery, QueueSelection
from mare.broker.queue_statistics import Statistics
from mare.broker.virtual_host import VirtualHost
from mare.custom_resource.autoscaler import Key
from mare.domain.alarms import ALARM_NOT_REPORTED, in_effect
from mare.domain.clause import Clause
from mare.domain.observation import NOT_REPORTED, QueueReading, oldest
from mare.domain.unknown import Unknown, known
from mare.ports import BrokerReading
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import REMEMBERED_QUEUES, TenantScheduler

_NAMES_UNKNOWN = Clause("lost.queues")
_TRANSIENT_NOT_REPORTED = Unknown(
    "NotReported", "only the management API reports which queues are deleted with their consumers"
)
_TRANSIENT_NOT_SEEN = Unknown(
    "NoConsumers",
    "queues that are deleted with their last consumer are seen only while it exists",
)
_SAMPLES = 2
"""A replica is idle if it was idle in two samples."""


def host_of(address: str) -> str:
    """Return the host of HOST:PORT. It identifies a Pod."""
    return address.rpartition(":")[0]


def reading_of(
    selection: QueueSelection,
    host: VirtualHost,
    readings: Mapping[str, QueueReading] | Unknown,
    replica_at: Callable[[str], str],
    now: float,
    *,
    transient: tuple[str, ...] | Unknown,
) -> BrokerReading:
    """Return the reading of an object. It may contain old values: the decision rejects them."""
    missing, names, query = host.missing_sources(), host.names, selection.query
    queues: tuple[QueueReading, ...] | Unknown = (
        readings
        if isinstance(readings, Unknown)
        else tuple(_selected(readings[name], by) for name, by in selection.readable.items())
    )
    if isinstance(names, Unknown) and query.needs_names:
        missing = (*missing, _NAMES_UNKNOWN, names.clause)
        if not isinstance(queues, Unknown):
            queues += unknown_queues(query.patterns, host.name, names, now)
    statistics = host.last_two_statistics
    held = [held_messages(each, selection.readable, replica_at) for each in statistics]
    busy = busy_replicas(held)
    return BrokerReading(
        queues=queues,
        busy=busy,
        held={} if isinstance(busy, Unknown) else known(held[-1], {}),
        busy_at=statistics[-1].at if statistics else NOT_REPORTED,
        alarm=statistics[-1].alarm if statistics else ALARM_NOT_REPORTED,
        lost=missing,
        transient=transient,
    )


def _selected(reading: QueueReading, entries: tuple[str, ...]) -> QueueReading:
    return reading if reading.entries == entries else replace(reading, entries=entries)


def unknown_queues(
    entries: Iterable[str], vhost: str, why: Unknown, now: float
) -> tuple[QueueReading, ...]:
    """Return an unknown queue for each name or pattern that cannot be read."""
    return tuple(
        QueueReading(name=each, vhost=vhost, entries=(each,), read_at=now, ready=why, consumers=why)
        for each in entries
    )


def held_messages(
    statistics: Statistics, queues: Iterable[str], replica_at: Callable[[str], str]
) -> Mapping[str, int] | Unknown:
    """Return the unacknowledged messages of each replica, on its connection that has most."""
    held: dict[str, int] = {}
    for name in queues:
        queue = statistics.queues.get(name)
        if queue is None:
            return NOT_REPORTED
        if isinstance(queue.peers, Unknown):
            return queue.peers
        _add_largest(held, ((replica_at(address), n) for address, n in queue.peers.items()))
    return held


def busy_replicas(samples: Sequence[Mapping[str, int] | Unknown]) -> Mapping[str, int] | Unknown:
    """Return the most unacknowledged messages of each replica in the last two samples."""
    if len(samples) < _SAMPLES:
        return NOT_REPORTED
    busy: dict[str, int] = {}
    for held in samples:
        if isinstance(held, Unknown):
            return held
        _add_largest(busy, held.items())
    return busy


def _add_largest(busy: dict[str, int], more: Iterable[tuple[str, int]]) -> None:
    for replica, count in more:
        busy[replica] = max(busy.get(replica, 0), count)


def merge_readings(
    by_vhost: Mapping[str, tuple[QueueQuery, BrokerReading]], now: float
) -> BrokerReading:
    """Merge the readings of several virtual hosts. One that cannot be read has unknown queues.

    All are unknown if no virtual host can be read, or if the object selects too many queues.
    """
    parts = [part for _, part in by_vhost.values()]
    unread = [part for part in parts if isinstance(part.queues, Unknown)]
    over_limit = next((part for part in unread if part.queues == TOO_MANY_QUEUES), None)
    if over_limit is not None:
        return over_limit
    if len(unread) == len(parts) or len(parts) == 1:
        return parts[0]
    queues: list[QueueReading] = []
    busy: dict[str, int] = {}
    held: dict[str, int] = {}
    busy_unknown: Unknown | None = None
    for vhost, (query, part) in by_vhost.items():
        why = part.queues
        queues += (
            unknown_queues(query.entries, vhost, why, now) if isinstance(why, Unknown) else why
        )
        if isinstance(part.busy, Unknown):
            busy_unknown = part.busy
        else:
            _add_largest(busy, part.busy.items())
            _add_largest(held, part.held.items())
    return BrokerReading(
        queues=tuple(queues),
        busy=busy if busy_unknown is None else busy_unknown,
        held=held if busy_unknown is None else {},
        busy_at=oldest(part.busy_at for part in parts),
        alarm=_merge_alarms([part.alarm for part in parts]),
        lost=tuple(dict.fromkeys(text for part in parts for text in part.lost)),
        transient=_merge_transient([part.transient for part in parts]),
    )


def _merge_alarms(parts: Sequence[Unknown | None]) -> Unknown | None:
    """Return the alarm that a virtual host reports; else None, or that no host reports alarms."""
    alarm = next((each for each in parts if in_effect(each)), None)
    return alarm or (None if None in parts else ALARM_NOT_REPORTED)


def _merge_transient(
    parts: Sequence[tuple[str, ...] | Unknown],
) -> tuple[str, ...] | Unknown:
    """Return the known transient queues; unknown only if none is known."""
    names = tuple(name for part in parts if not isinstance(part, Unknown) for name in part)
    unknown = (part for part in parts if isinstance(part, Unknown))
    return names or next(unknown, ())


class TransientQueues:
    """Remembers which queues of an object RabbitMQ deletes without consumers.

    Such a queue is gone while the workload has no replicas, so that nothing can scale it up again.
    """

    def __init__(self, scheduler: TenantScheduler) -> None:
        self._scheduler = scheduler
        self._known: dict[tuple[Key, str], tuple[QueueQuery, tuple[str, ...]]] = {}
        """By object and virtual host, for the query that the object had then."""

    def find(
        self, key: Key, selection: QueueSelection, host: VirtualHost
    ) -> tuple[str, ...] | Unknown:
        """Return the transient queues that exist, or existed when the object had consumers last."""
        if not host.reports_transient:
            return _TRANSIENT_NOT_REPORTED
        statistics = {name: host.statistics_of(name) for name in selection.found}
        transient = tuple(name for name, queue in statistics.items() if queue.transient)
        place, query = (key, host.name), selection.query
        if transient or any(known(queue.consumers, 0) for queue in statistics.values()):
            try:
                self._store(place, (query, transient))
            except OverBudget as error:
                return error.why
        known_query, known_queues = self._known.get(place, (None, ()))
        if known_query == query:
            return known_queues
        all_exist = not any(isinstance(queue.ready, Unknown) for queue in statistics.values())
        return () if all_exist and not query.needs_names else _TRANSIENT_NOT_SEEN

    def _store(
        self, place: tuple[Key, str], new: tuple[QueueQuery, tuple[str, ...]] | None
    ) -> None:
        old = self._known.get(place)
        if new == old:
            return
        more = (len(new[1]) + 1 if new else 0) - (len(old[1]) + 1 if old else 0)
        self._scheduler.hold(REMEMBERED_QUEUES, place[0].namespace, more)
        if new is None:
            del self._known[place]
        else:
            self._known[place] = new

    def keep_only(self, keys: Collection[Key]) -> None:
        for place in [place for place in self._known if place[0] not in keys]:
            self._store(place, None)
