"""The values of a status: times, targets, depth and wait, as text or numbers."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from mare.domain.clause import number
from mare.domain.count import MAX_COUNT
from mare.domain.observation import QueueReading
from mare.domain.scale_events import ScaleEvent
from mare.domain.spec import (
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    MessageRate,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingSpec,
    Target,
)
from mare.domain.surges import Surge
from mare.domain.unknown import Unknown, total

_MAX_RATE = 1e9
_FIRST, _LAST = 0.0, 253_402_214_400.0
"""The years 1970 and 9999: other times cannot be written again."""
_OR_EARLIER = "or earlier"
_ROUNDING = 1.0
"""Seconds by which a stored time can be later than the change."""
_WHOLE_SECONDS = 100.0
"""Wait from which on decimals are omitted."""


def later_instant(seconds: float) -> str:
    """Return the next whole second, so that what counts from it does not end early.

    A whole second stays, whatever a clock's offset has done to its last digit.
    """
    return instant(math.ceil(seconds - 1e-3))


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def read_time(text: object, offset: float = 0.0) -> float | None:
    """Return a stored time by the clock that windows use; None for one that no operator writes."""
    if not isinstance(text, str):
        return None
    try:
        seconds = seconds_of(text)
    except (ValueError, OverflowError):
        return None
    return seconds - offset if _FIRST < seconds < _LAST else None


def read_count(value: object, most: int = MAX_COUNT) -> int | None:
    """Return a stored count, of replicas if not said otherwise; None for an impossible one."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= most else None


def surge(surge: Surge, offset: float = 0.0) -> str:
    """Return a surge as text: 32 of them as objects would take three times as much."""
    rates = (number(round(rate, 3)) for rate in (surge.rate, surge.before))
    return " ".join([instant(surge.at + offset), *rates])


def read_surge(text: str, offset: float = 0.0) -> Surge | None:
    """Return a surge; None for a time or a rate that no operator writes."""
    try:
        at, rate, before = text.split()
        found = Surge(seconds_of(at) - offset, float(rate), float(before))
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found.rate <= _MAX_RATE and 0 <= found.before <= _MAX_RATE else None


def scale_event(event: ScaleEvent, offset: float) -> str:
    """Return a change as text. It is rounded up to whole seconds, or may be much earlier."""
    text = f"{later_instant(event.time + offset)} {event.change:+d}"
    is_exact = event.earliest is None or event.time - event.earliest <= _ROUNDING
    return text if is_exact else f"{text} {_OR_EARLIER}"


def read_scale_event(text: str, offset: float) -> ScaleEvent | None:
    """Return a scale event; None for a time or a change that no operator writes."""
    try:
        exact = text.removesuffix(f" {_OR_EARLIER}")
        time, change = exact.split()
        at = seconds_of(time) - offset
        found = ScaleEvent(at, int(change), at - _ROUNDING if exact == text else float("-inf"))
    except (ValueError, OverflowError):
        return None
    return found if 0 < abs(found.change) <= MAX_COUNT else None


_TARGETS: Mapping[type[Target], tuple[str, str]] = {
    QueueWaitTime: ("wait {}s", "wait_seconds"),
    QueueLength: ("{} messages", "messages_per_replica"),
    MessageRate: ("{}/s", "messages_per_second_per_replica"),
    PublishedToDeliveredRatio: ("ratio {}", "ratio"),
    ExpectedQueueConsumptionTime: ("done in {}s", "consumption_seconds"),
    MaximumConcurrency: ("{}% busy", "busy_percent"),
}


def targets(spec: ScalingSpec) -> str:
    """Return the targets in short, for a column of `kubectl get`."""
    if spec.jobs is not None:
        return f"Jobs({spec.jobs.messages_per_job})"
    texts = ((*_TARGETS[type(target)], target) for target in spec.targets)
    return ", ".join(text.format(number(getattr(t, name))) for text, name, t in texts)[:256]


def depth(queues: tuple[QueueReading, ...] | Unknown) -> int | None:
    """Return ready plus known unacknowledged messages; None if ready messages are unknown."""
    if isinstance(queues, Unknown) or not queues:
        return None
    ready = total(reading.ready for reading in queues)
    unacknowledged = total(reading.unacknowledged for reading in queues)
    if isinstance(ready, Unknown):
        return None
    return ready if isinstance(unacknowledged, Unknown) else ready + unacknowledged


def wait_seconds(
    queues: tuple[QueueReading, ...] | Unknown, capacity: float | Unknown, replicas: int
) -> float | None:
    """Return the seconds that an arriving message waits behind the others; None if unknown."""
    if isinstance(queues, Unknown) or not queues:
        return None
    ready = total(reading.ready for reading in queues)
    if isinstance(ready, Unknown):
        return None
    if ready == 0:
        return 0.0
    if isinstance(capacity, Unknown) or replicas == 0:
        return None
    return ready / (capacity * replicas)


def wait(seconds: float | None) -> str:
    if seconds is None or not math.isfinite(seconds):
        return "unknown"
    return f"{seconds:.1f}s" if seconds < _WHOLE_SECONDS else f"{seconds:.0f}s"
