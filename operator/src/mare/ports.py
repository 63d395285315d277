"""What the loop needs from the outside: brokers, the API server, a clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key, ScaleTarget
from mare.domain.clause import Clause
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown


class AccessRefused(Exception):
    """Somebody has to mend credentials or rights; the text says which, without any secret."""


class Conflict(Exception):
    """The workload is not what it was when the decision was made."""


class Unavailable(Exception):
    """The API server cannot do it now."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class NotFound(Exception):
    """There is no such object."""


NOT_READ_YET = Unknown("NotReadYet", "the workload is not read yet")
"""What a workload is for a moment after it was asked for first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A workload as last seen."""

    replicas: int
    version: str
    """Changes with every change of the workload."""
    ready: int | Unknown
    selector: str
    grace_seconds: int | None = None
    """Time that a replica is given to end; None if the workload does not tell."""
    ignores_deletion_cost: bool = False
    """Whether nobody else can choose which replicas go, so that busy ones may be among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerReading:
    """What a broker tells about the queues of one object."""

    queues: tuple[QueueReading, ...] | Unknown
    busy: Mapping[str, int] | Unknown
    """Addresses of consumers with their unacknowledged messages, the most of the last two looks."""
    lost: tuple[Clause, ...] = ()
    """Sentences on what cannot be known, for want of a source."""
    transient: tuple[str, ...] | Unknown = ()
    """Queues of the object that vanish with their last consumer, be they there or not."""


class Brokers(Protocol):
    """All brokers that objects refer to."""

    async def read(self, autoscalers: Collection[Autoscaler]) -> Mapping[Key, BrokerReading]:
        """Look at the queues of objects of one broker; never raises for a broker's sake."""

    def cost(self, autoscaler: Autoscaler) -> int:
        """Reads that one look at an object takes."""

    def group(self, autoscaler: Autoscaler) -> BrokerReference:
        """What objects have in common that can be read together."""


class Workloads(Protocol):
    """The scale targets."""

    def get(self, target: ScaleTarget) -> Scale | Unknown:
        """The workload as last seen; whoever asks is told of later changes as well."""

    async def scale(self, target: ScaleTarget, last_read: Scale, replicas: int) -> None:
        """Ask for replicas, if the workload is still as seen.

        Raises `Conflict`, `NotFound`, `AccessRefused` or `Unavailable`.
        """

    async def refresh(self, target: ScaleTarget) -> None:
        """Read the workload now; raises as `scale` does."""

    async def set_deletion_costs(
        self, target: ScaleTarget, last_read: Scale, busy: Mapping[str, int]
    ) -> bool:
        """Have idle replicas go before busy ones; false if it cannot be known which those are.

        Raises as `scale` does.
        """


class Objects(Protocol):
    """The QueueAutoscalers."""

    async def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Raises `NotFound`, `AccessRefused` or `Unavailable`."""

    async def publish_event(
        self, autoscaler: Autoscaler, kind: str, reason: str, message: str
    ) -> None:
        """Record an Event, Normal or Warning; raises as `write_status` does."""


class ConflictingAutoscalers(Protocol):
    """Other autoscalers."""

    def find(self, target: ScaleTarget) -> str | None:
        """Kind and name of one that scales the same workload."""


class Clock(Protocol):
    def __call__(self) -> float:
        """Seconds since the epoch."""
