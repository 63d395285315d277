"""What one object sees of a virtual host, and of several together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.domain.observation import NOT_REPORTED, QueueReading
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading

_SIGHTINGS = 2


def host_of(address: str) -> str:
    """The host of HOST:PORT, by which a Pod is known."""
    return address.rpartition(":")[0]


def own_readings(
    queues: Mapping[str, tuple[str, ...]],
    readings: Mapping[str, QueueReading] | Unknown,
    now: float,
    staleness_seconds: float,
) -> tuple[QueueReading, ...] | Unknown:
    """The readings of one object's queues; what is too old is unknown.

    `queues` have the entries of spec.queues by which each was found.
    """
    if isinstance(readings, Unknown):
        return readings
    own = (replace(readings[name], entries=by) for name, by in queues.items())
    return tuple(_aged(reading, now - reading.read_at, staleness_seconds) for reading in own)


def _aged(reading: QueueReading, age: float, staleness_seconds: float) -> QueueReading:
    if age <= staleness_seconds or isinstance(reading.ready, Unknown):
        return reading
    stale = Unknown("Stale", f"the last reading is {age:.0f} s old")
    return replace(reading, ready=stale, consumers=stale)


def unresolved(
    patterns: Iterable[str], vhost: str, why: Unknown, now: float
) -> tuple[QueueReading, ...]:
    """Patterns that cannot be looked for: each is an unknown queue."""
    return tuple(
        QueueReading(name=each, vhost=vhost, entries=(each,), read_at=now, ready=why, consumers=why)
        for each in patterns
    )


def busy_replicas(
    last_two: Sequence[Statistics], wanted: Iterable[str], replica_at: Callable[[str], str]
) -> Mapping[str, int] | Unknown:
    """The most messages that each replica had in both statistics; unknown before there are two."""
    if len(last_two) < _SIGHTINGS:
        return NOT_REPORTED
    busy: dict[str, int] = {}
    for statistics in last_two:
        for name in wanted:
            queue = statistics.queues.get(name, QueueStatistics())
            if isinstance(queue.peers, Unknown):
                return queue.peers
            for address, count in queue.peers.items():
                replica = replica_at(address)
                busy[replica] = max(busy.get(replica, 0), count)
    return busy


def together(parts: Sequence[BrokerReading]) -> BrokerReading:
    """What several virtual hosts tell, unknown as soon as one of them is."""
    if len(parts) == 1:
        return parts[0]
    queues: list[QueueReading] = []
    busy: dict[str, int] = {}
    busy_unknown: Unknown | None = None
    for part in parts:
        if isinstance(part.queues, Unknown):
            return part
        queues += part.queues
        if isinstance(part.busy, Unknown):
            busy_unknown = part.busy
        else:
            for replica, count in part.busy.items():
                busy[replica] = max(busy.get(replica, 0), count)
    return BrokerReading(
        queues=tuple(queues),
        busy=busy if busy_unknown is None else busy_unknown,
        lost=tuple(dict.fromkeys(text for part in parts for text in part.lost)),
        transient=_transient([part.transient for part in parts]),
    )


def _transient(parts: Sequence[tuple[str, ...] | Unknown]) -> tuple[str, ...] | Unknown:
    """What is known to vanish counts, wherever else it is unknown."""
    names = tuple(name for part in parts if not isinstance(part, Unknown) for name in part)
    unknown = (part for part in parts if isinstance(part, Unknown))
    return names or next(unknown, ())
