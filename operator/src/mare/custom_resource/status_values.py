"""The values of a status: times, targets, depth and wait, as text or numbers."""

import math
from datetime import UTC, datetime

from mare.domain.clause import number
from mare.domain.estimates import Estimates
from mare.domain.observation import QueueReading
from mare.domain.policy import (
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    MessageRate,
    Policy,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    Target,
)
from mare.domain.unknown import Unknown, known, total

_WHOLE_SECONDS = 100.0
"""Wait from which on decimals are omitted."""


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def targets(policy: Policy) -> str:
    """Return the targets in short, for a column of `kubectl get`."""
    return ", ".join(_target(target) for target in policy.targets)[:256]


def _target(target: Target) -> str:
    match target:
        case QueueWaitTime():
            return f"wait {number(target.wait_seconds)}s"
        case QueueLength():
            return f"{number(target.messages_per_replica)} messages"
        case MessageRate():
            return f"{number(target.messages_per_second_per_replica)}/s"
        case PublishedToDeliveredRatio():
            return f"ratio {number(target.ratio)}"
        case ExpectedQueueConsumptionTime():
            return f"done in {number(target.consumption_seconds)}s"
        case MaximumConcurrency():
            return f"{target.busy_percent}% busy"


def depth(queues: tuple[QueueReading, ...] | Unknown) -> int | None:
    """Return ready plus known unacknowledged messages; None if ready messages are unknown."""
    if isinstance(queues, Unknown) or not queues:
        return None
    ready = total(reading.ready for reading in queues)
    running = total(reading.unacknowledged for reading in queues)
    if isinstance(ready, Unknown):
        return None
    return ready if isinstance(running, Unknown) else ready + running


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


def estimates(estimates: Estimates) -> dict[str, float | None]:
    """Return the estimates by the names of their fields; None if unknown."""
    values = {
        "arrivalRate": estimates.arrival_rate,
        "capacityPerReplica": estimates.capacity_per_replica,
        "serviceSeconds": estimates.service_seconds,
        "workersPerReplica": estimates.workers_per_replica,
        "startSeconds": estimates.start_seconds,
    }
    return {name: known(value, None) for name, value in values.items()}


def wait(seconds: float | None) -> str:
    if seconds is None or not math.isfinite(seconds):
        return "unknown"
    return f"{seconds:.1f}s" if seconds < _WHOLE_SECONDS else f"{seconds:.0f}s"
