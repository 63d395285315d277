"""The input of a decision: readings of the queues, and the workload."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from mare.domain.clause import Clause
from mare.domain.evidence import Evidence
from mare.domain.unknown import Unknown, known, total

QueueKey = tuple[str, str]
"""Virtual host and name. Both can have each character, so that no text joins them."""
STATISTICS_SECONDS = 5.0
"""Interval at which RabbitMQ updates its statistics, by default (`collect_statistics_interval`)."""
UNCHANGED_SECONDS = 1.1 * STATISTICS_SECONDS
"""How long the log of a quiet quorum queue stays the same: a tick, which reports its counts, and a
tenth of it."""
NOT_REPORTED = Unknown("NotReported", "the broker's statistics are not read")
PEERS_UNKNOWN = Unknown("PeersUnknown", "the broker does not report which replicas are busy")
"""The Prometheus endpoint never reports it; the management API reports it for some users only."""
NO_CONSUMERS = "NoConsumers"
"""The reason of a prefetch count that is unknown, because the queues had no consumer."""
NEW_QUEUES = "NewQueues"
"""The reason of an arrival rate that is unknown, because no queue lives for two statistics."""
NO_PREFETCH = "NoPrefetch"
AUTOMATIC_ACKNOWLEDGEMENT = "AutomaticAcknowledgement"
"""Reasons of a prefetch count that is unknown, because a consumer has no limit."""
READY_NOT_REPORTED = Unknown("NotReported", "the workload does not report its ready replicas")
_NO_QUEUE = Unknown("QueueNotFound", "no queue is found")
_IDLE_NOT_REPORTED = Unknown("NotReported", "the broker does not report which replicas are busy")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSample:
    """What only the statistics report of a queue."""

    unacknowledged: int | Unknown = NOT_REPORTED
    prefetch: float | Unknown = NOT_REPORTED
    """The mean prefetch count of its consumers; unknown if one of them has no limit."""
    published: int | Unknown = NOT_REPORTED
    """Counter of published messages."""
    delivered: int | Unknown = NOT_REPORTED
    """Counter of delivered messages."""
    acknowledged: int | Unknown = NOT_REPORTED
    """Counter of messages acknowledged or delivered with automatic acknowledgement."""
    redelivered: int | Unknown = NOT_REPORTED
    """Counter of messages that were delivered again."""
    automatic: bool = False
    """Whether a consumer is in automatic acknowledgement mode."""
    single_active: bool = False
    """Whether only one of its consumers receives messages (x-single-active-consumer)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReading(QueueSample):
    """One queue as the broker reports it.

    `ready` and `consumers` are of the time `read_at`, from a passive declare. The values of the
    sample are of the time `statistics_at`: the broker updates its statistics every 5 s.
    """

    name: str
    vhost: str = "/"
    entries: tuple[str, ...] = ()
    """The names and patterns in spec.queues that match it."""
    read_at: float
    ready: int | Unknown
    consumers: int | Unknown
    statistics_at: float | Unknown = NOT_REPORTED
    sampled_after: float | Unknown = NOT_REPORTED
    """A time that is certainly before the sample; `statistics_at` is its probable time."""

    @property
    def key(self) -> QueueKey:
        """The queue in all virtual hosts."""
        return self.vhost, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    replicas: int
    """spec.replicas of its scale subresource."""
    ready: int | Unknown = READY_NOT_REPORTED
    idle: int | Unknown = _IDLE_NOT_REPORTED
    """Ready replicas without an unacknowledged message in the last two statistics updates."""
    unmarkable: Unknown | None = None
    """Why no Pod can be marked so that idle ones are removed first; None if one can."""
    grace_seconds: int | None = None
    """Seconds from SIGTERM to SIGKILL; None if that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    workload: Workload
    queues: tuple[QueueReading, ...] | Unknown
    """Unknown if the broker cannot be reached; empty if no queue matches the patterns."""
    alarm: Unknown | None = None
    """The resource alarm that blocks publishers; None without an alarm."""
    evidence: Evidence = field(default_factory=Evidence)
    """What can stop a change."""
    clock_offset: float = 0.0
    """Seconds by which the system clock is ahead of the clock that windows use."""
    transient: tuple[str, ...] = ()
    """Queues that the broker deletes without consumers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The sums over the queues of a workload. Values of old readings are unknown."""

    ready: int | Unknown
    consumers: int | Unknown
    consumed_queues: int
    """Queues that have at least one consumer."""
    unacknowledged: int | Unknown
    prefetch: float | Unknown
    """Mean prefetch count of the consumers."""
    statistics_at: float | Unknown
    """The time of the oldest statistics of a queue."""
    sampled_after: float | Unknown
    """A time that is certainly before the samples of all queues."""
    readings: tuple[QueueReading, ...]
    """Empty if no queue could be read."""

    @property
    def active_consumers(self) -> int | None:
        """The consumers that can receive messages at a time; None if that has no limit."""
        has_limit = self.readings and all(each.single_active for each in self.readings)
        return len(self.readings) if has_limit else None

    @property
    def text(self) -> Clause:
        counts = (self.ready, self.unacknowledged, self.consumers)
        ready, running, consumers = (known(count, None) for count in counts)
        return Clause("measured", ready=ready, unacknowledged=running, consumers=consumers)

    def of_entries(self, entries: tuple[str, ...]) -> tuple[int | Unknown, int | Unknown]:
        """Return ready and unacknowledged messages of entries of spec.queues; none means all."""
        if not entries:
            return self.ready, self.unacknowledged
        some = [
            reading for reading in self.readings if not set(entries).isdisjoint(reading.entries)
        ]
        missing = next((e for e in entries if all(e not in r.entries for r in some)), None)
        if missing is not None:
            unknown = Unknown("QueueNotFound", f"no queue matches {missing}", missing)
            return unknown, unknown
        ready = total(reading.ready for reading in some)
        if isinstance(self.statistics_at, Unknown):
            return ready, self.statistics_at
        return ready, total(reading.unacknowledged for reading in some)

    def of_known_queues(self) -> "Load":
        """Return the load of the queues whose ready messages are known: a lower bound."""
        return self._of_queues_with(lambda ready: not isinstance(ready, Unknown))

    def without_missing_queues(self) -> "Load":
        """Return the load without queues that do not exist: they have no messages or consumers."""
        return self._of_queues_with(lambda ready: not _is_missing(ready))

    def without_messages(self, count: int) -> "Load":
        """Return the load with fewer ready messages, of each queue about the same share.

        Sums are rounded, and no shares. Example: 200 queues have 3 messages each. Without 580 of
        them 20 are left; shares that are rounded up would leave one in each queue.
        """
        sums = list(accumulate(known(reading.ready, 0) for reading in self.readings))
        if count <= 0 or not sums or sums[-1] <= 0:
            return self
        left = [most * max(0, sums[-1] - count) // sums[-1] for most in (0, *sums)]
        return _sum(
            tuple(
                each if isinstance(each.ready, Unknown) else replace(each, ready=until - before)
                for each, (before, until) in zip(self.readings, pairwise(left), strict=True)
            )
        )

    def without_ready_of(self, omitted: Sequence[QueueReading]) -> "Load":
        """Return the load without the ready messages of these queues."""
        if not omitted:
            return self
        return _sum(
            tuple(replace(each, ready=0) if each in omitted else each for each in self.readings)
        )

    def _of_queues_with(self, matches: Callable[[int | Unknown], bool]) -> "Load":
        """Return the load of the queues whose ready messages match; of all if all are known."""
        if not isinstance(self.ready, Unknown):
            return self
        matching = tuple(reading for reading in self.readings if matches(reading.ready))
        return _sum(matching) if matching else self


def _is_missing(ready: int | Unknown) -> bool:
    return isinstance(ready, Unknown) and ready.reason == _NO_QUEUE.reason


def load_of(queues: tuple[QueueReading, ...] | Unknown) -> Load:
    """Return the load of fresh readings (`with_stale_unknown`)."""
    if isinstance(queues, Unknown):
        return _unknown_load(queues)
    return _sum(queues) if queues else _unknown_load(_NO_QUEUE)


def with_stale_unknown(
    queues: tuple[QueueReading, ...] | Unknown, now: float, staleness_seconds: float
) -> tuple[QueueReading, ...] | Unknown:
    """Return the readings; values older than `staleness_seconds` are unknown."""
    if isinstance(queues, Unknown):
        return queues
    return tuple(_with_stale_unknown(reading, now, staleness_seconds) for reading in queues)


def _with_stale_unknown(
    reading: QueueReading, now: float, staleness_seconds: float
) -> QueueReading:
    """Return a reading whose old values are unknown. Statistics become unknown together."""
    statistics_at = statistics_time(reading.statistics_at, now, staleness_seconds)
    if now - reading.read_at > staleness_seconds:
        stale = Unknown("Stale", f"the last reading is {now - reading.read_at:.0f} s old")
        reading = replace(reading, ready=stale, consumers=stale)
        statistics_at = stale
    elif not isinstance(statistics_at, Unknown):
        return reading
    return replace(
        reading,
        statistics_at=statistics_at,
        sampled_after=statistics_at,
        unacknowledged=statistics_at,
        prefetch=statistics_at,
    )


def statistics_time(at: float | Unknown, now: float, staleness_seconds: float) -> float | Unknown:
    """Return when statistics were taken; unknown if they are too old to decide on."""
    if isinstance(at, Unknown) or now - at <= staleness_seconds:
        return at
    return Unknown("Stale", f"the last statistics are {now - at:.0f} s old")


def _sum(queues: tuple[QueueReading, ...]) -> Load:
    return Load(
        ready=total(reading.ready for reading in queues),
        consumers=total(reading.consumers for reading in queues),
        consumed_queues=sum(
            1 for r in queues if not isinstance(r.consumers, Unknown) and r.consumers > 0
        ),
        unacknowledged=total(reading.unacknowledged for reading in queues),
        prefetch=_mean_prefetch(queues),
        statistics_at=oldest(reading.statistics_at for reading in queues),
        sampled_after=oldest(reading.sampled_after for reading in queues),
        readings=queues,
    )


def oldest(times: Iterable[float | Unknown]) -> float | Unknown:
    """Return the smallest time; unknown if one of them is."""
    first = float("inf")
    for at in times:
        if isinstance(at, Unknown):
            return at
        first = min(first, at)
    return first


def _mean_prefetch(queues: tuple[QueueReading, ...]) -> float | Unknown:
    consumers = 0
    weighted = 0.0
    for reading in queues:
        if isinstance(reading.consumers, Unknown):
            return reading.consumers
        if reading.consumers == 0:
            continue
        if isinstance(reading.prefetch, Unknown):
            return reading.prefetch
        consumers += reading.consumers
        weighted += reading.consumers * reading.prefetch
    if consumers == 0:
        return Unknown(NO_CONSUMERS, "the queues have no consumer whose prefetch is known")
    return weighted / consumers


def _unknown_load(why: Unknown) -> Load:
    return Load(
        ready=why,
        consumers=why,
        consumed_queues=0,
        unacknowledged=why,
        prefetch=why,
        statistics_at=why,
        sampled_after=why,
        readings=(),
    )
