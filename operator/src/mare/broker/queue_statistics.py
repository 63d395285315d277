"""What a broker tells about queues every few seconds, whatever the source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mare.domain.observation import NOT_REPORTED
from mare.domain.unknown import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatistics:
    """One queue, each count as `QueueReading` has it."""

    ready: int | Unknown = NOT_REPORTED
    consumers: int | Unknown = NOT_REPORTED
    unacknowledged: int | Unknown = NOT_REPORTED
    prefetch: float | Unknown = NOT_REPORTED
    published: int | Unknown = NOT_REPORTED
    delivered: int | Unknown = NOT_REPORTED
    acknowledged: int | Unknown = NOT_REPORTED
    transient: bool = False
    """Whether it vanishes with its last consumer."""
    exclusive: bool = False
    stream: bool = False
    """Whether it keeps its messages, whoever has read them."""
    peers: Mapping[str, int] | Unknown = NOT_REPORTED
    """HOST:PORT of its consumers with the unacknowledged messages of their channels."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """All queues of a virtual host at one moment."""

    at: float
    queues: Mapping[str, QueueStatistics] = field(default_factory=dict)


class StatisticsSource(Protocol):
    async def fetch(self, vhost: str, now: float) -> Statistics:
        """Raises `AccessRefused`, or OSError if the source does not answer well."""

    async def close(self) -> None: ...
