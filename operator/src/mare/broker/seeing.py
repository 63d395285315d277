"""What one object sees of a virtual host, and of several together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from mare.broker.figures import QueueStatistics, Statistics
from mare.custom_resource.autoscaler import Autoscaler
from mare.domain.observation import NOT_REPORTED, QueueReading
from mare.domain.unknown import Unknown
from mare.ports import Seen

_SIGHTINGS = 2


def host_of(address: str) -> str:
    """The host of HOST:PORT, by which a Pod is known."""
    return address.rpartition(":")[0]


def own_readings(
    autoscaler: Autoscaler,
    wanted: Mapping[str, tuple[str, ...]],
    readings: Mapping[str, QueueReading] | Unknown,
    names: object,
    now: float,
) -> tuple[QueueReading, ...] | Unknown:
    """The readings of one object; a pattern that cannot be looked for is an unknown queue.

    `wanted` has the entries of spec.queues by which each queue was found, `names` the queues that
    exist or why they are unknown.
    """
    if isinstance(readings, Unknown):
        return readings
    found = [replace(readings[name], entries=by) for name, by in wanted.items()]
    if isinstance(names, Unknown):
        found += [
            QueueReading(name=e.text, entries=(e.text,), read_at=now, ready=names, consumers=names)
            for e in autoscaler.entries
            if e.is_pattern
        ]
    return tuple(found)


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


def together(parts: Sequence[Seen]) -> Seen:
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
    return Seen(
        queues=tuple(queues),
        busy=busy if busy_unknown is None else busy_unknown,
        lost=tuple(dict.fromkeys(text for part in parts for text in part.lost)),
        transient=tuple(name for part in parts for name in part.transient),
    )
