"""What was seen of the queues and the workload."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mare.domain.clause import Clause
from mare.domain.unknown import Unknown, total

NOT_REPORTED = Unknown("NotReported", "the broker's statistics are not read")
_READY_NOT_REPORTED = Unknown("NotReported", "the workload does not tell its ready replicas")
_NO_QUEUE = Unknown("QueueNotFound", "no queue is found")
_IDLE_NOT_REPORTED = Unknown("NotReported", "the broker does not tell which replicas are busy")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReading:
    """One queue as the broker tells it.

    `ready` and `consumers` are as old as `read_at`, the rest as `statistics_at`: a passive declare
    is fresh at call time, the statistics are renewed by the broker every 5 s.
    """

    name: str
    vhost: str = "/"
    entries: tuple[str, ...] = ()
    """The names and patterns in spec.queues by which it was found."""
    read_at: float
    ready: int | Unknown
    consumers: int | Unknown
    statistics_at: float | Unknown = NOT_REPORTED
    unacknowledged: int | Unknown = NOT_REPORTED
    prefetch: float | Unknown = NOT_REPORTED
    """The prefetch count of its consumers, the mean if they differ; unknown if one has no limit."""
    published: int | Unknown = NOT_REPORTED
    """Messages published to it so far."""
    delivered: int | Unknown = NOT_REPORTED
    """Messages delivered from it so far."""
    acknowledged: int | Unknown = NOT_REPORTED
    """Messages acknowledged, or delivered without need of it, so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The scale target."""

    replicas: int
    """Replicas that it is asked to have."""
    ready: int | Unknown = _READY_NOT_REPORTED
    idle: int | Unknown = _IDLE_NOT_REPORTED
    """Ready replicas that had no unacknowledged message in the last two statistics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that a decision sees."""

    workload: Workload
    queues: tuple[QueueReading, ...] | Unknown
    """Unknown if the broker cannot be reached. An empty tuple: no queue fits the patterns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The queues of a workload taken together, with what is too old made unknown."""

    ready: int | Unknown
    consumers: int | Unknown
    consumed_queues: int
    """Queues that have at least one consumer."""
    unacknowledged: int | Unknown
    prefetch: float | Unknown
    """Mean prefetch count of the consumers."""
    statistics_at: float | Unknown
    """The oldest of the queues' statistics."""
    readings: tuple[QueueReading, ...]
    """Empty if nothing is known of any queue."""

    @property
    def text(self) -> Clause:
        """What was measured."""
        counts = {
            "ready": self.ready,
            "unacknowledged": self.unacknowledged,
            "consumers": self.consumers,
        }
        text = ", ".join(
            f"unknown {name}" if isinstance(count, Unknown) else f"{count} {name}"
            for name, count in counts.items()
        )
        known_counts = {
            name: None if isinstance(count, Unknown) else count for name, count in counts.items()
        }
        return Clause("measured", text, **known_counts)

    def of(self, entries: tuple[str, ...]) -> tuple[int | Unknown, int | Unknown]:
        """Ready and unacknowledged messages of some of the entries of spec.queues."""
        if not entries:
            return self.ready, self.unacknowledged
        some = [
            reading for reading in self.readings if not set(entries).isdisjoint(reading.entries)
        ]
        missing = next((e for e in entries if all(e not in r.entries for r in some)), None)
        if missing is not None:
            unknown = Unknown("QueueNotFound", f"no queue is found by {missing}", missing)
            return unknown, unknown
        ready = total(reading.ready for reading in some)
        if isinstance(self.statistics_at, Unknown):
            return ready, self.statistics_at
        return ready, total(reading.unacknowledged for reading in some)

    def as_far_as_known(self) -> "Load":
        """The same of those queues alone whose ready messages are known: at least so much waits."""
        if not isinstance(self.ready, Unknown):
            return self
        return self._of_those(lambda reading: not isinstance(reading.ready, Unknown))

    def of_existing(self) -> "Load":
        """The same without queues that do not exist: no message is in them, and nobody at work."""
        if not isinstance(self.ready, Unknown):
            return self
        return self._of_those(
            lambda reading: (
                not (
                    isinstance(reading.ready, Unknown) and reading.ready.reason == _NO_QUEUE.reason
                )
            )
        )

    def _of_those(self, fits: Callable[[QueueReading], bool]) -> "Load":
        fitting = tuple(reading for reading in self.readings if fits(reading))
        return _together(fitting) if fitting else self


def load_of(
    queues: tuple[QueueReading, ...] | Unknown, now: float, staleness_seconds: float
) -> Load:
    """The load of the queues, where every reading older than `staleness_seconds` is unknown."""
    if isinstance(queues, Unknown):
        return _unknown_load(queues)
    if not queues:
        return _unknown_load(_NO_QUEUE)
    fresh = tuple(_still_known(reading, now, staleness_seconds) for reading in queues)
    return _together(fresh)


def _still_known(reading: QueueReading, now: float, staleness_seconds: float) -> QueueReading:
    """A reading in which what is too old is unknown; statistics are all there, or none of them."""
    statistics_at = statistics_time(reading.statistics_at, now, staleness_seconds)
    if now - reading.read_at > staleness_seconds:
        stale = Unknown("Stale", f"the last reading is {now - reading.read_at:.0f} s old")
        reading = replace(reading, ready=stale, consumers=stale)
        statistics_at = stale
    elif not isinstance(statistics_at, Unknown):
        return reading
    return replace(
        reading, statistics_at=statistics_at, unacknowledged=statistics_at, prefetch=statistics_at
    )


def statistics_time(at: float | Unknown, now: float, staleness_seconds: float) -> float | Unknown:
    """Return when statistics were taken; unknown if they are too old to decide on."""
    if isinstance(at, Unknown) or now - at <= staleness_seconds:
        return at
    return Unknown("Stale", f"the last statistics are {now - at:.0f} s old")


def _together(queues: tuple[QueueReading, ...]) -> Load:
    statistics_at = _oldest_statistics(queues)
    return Load(
        ready=total(reading.ready for reading in queues),
        consumers=total(reading.consumers for reading in queues),
        consumed_queues=sum(
            1 for r in queues if not isinstance(r.consumers, Unknown) and r.consumers > 0
        ),
        unacknowledged=total(reading.unacknowledged for reading in queues),
        prefetch=_mean_prefetch(queues),
        statistics_at=statistics_at,
        readings=queues,
    )


def _oldest_statistics(queues: tuple[QueueReading, ...]) -> float | Unknown:
    oldest = float("inf")
    for reading in queues:
        if isinstance(reading.statistics_at, Unknown):
            return reading.statistics_at
        oldest = min(oldest, reading.statistics_at)
    return oldest


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
        return Unknown("NoConsumers", "no consumer is there to show its prefetch")
    return weighted / consumers


def _unknown_load(why: Unknown) -> Load:
    return Load(
        ready=why,
        consumers=why,
        consumed_queues=0,
        unacknowledged=why,
        prefetch=why,
        statistics_at=why,
        readings=(),
    )
