"""The interfaces through which the loop meets brokers, the API server and a clock."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key, ScaleTarget
from mare.domain.alarms import ALARM_NOT_REPORTED
from mare.domain.clause import Clause
from mare.domain.jobs import Job
from mare.domain.observation import NOT_REPORTED, QueueReading
from mare.domain.unknown import Unknown


class ApiError(Exception):
    """A request fails, to the API server or with the credentials of a broker."""

    created = 0  # Jobs of a decision that were created before it failed


class AccessRefused(ApiError):
    """Credentials or rights are missing. The text names them and contains no secret."""

    def __init__(self, text: str, reason: str = "AccessRefused") -> None:
        super().__init__(text)
        self.reason = reason


class InvalidName(ApiError):
    """A name cannot be part of an API path, so no request is sent."""


class Conflict(ApiError):
    """The object has changed since it was read."""


class Rejected(ApiError):
    """The API server rejects the object, as it does again until it is corrected."""


class Unavailable(ApiError):
    """The API server cannot serve the request now.

    `retry_after` is the number of seconds that it asks clients to wait, if it does.
    """

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class NotFound(ApiError):
    """The object does not exist."""


NOT_READ_YET = Unknown("NotReadYet", "the workload is not read yet")
"""The state of a workload between its first `Workloads.get` and the first answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    replicas: int
    version: str
    """The resourceVersion, which changes with every change of the workload."""
    ready: int | Unknown
    selector: str
    grace_seconds: int | None = None
    """terminationGracePeriodSeconds of a Pod; None if it cannot be read."""
    ignores_deletion_cost: bool = False
    """Whether the workload's controller picks the Pods to delete without the deletion cost."""
    may_mark: bool = True
    """Whether the operator may set deletion costs."""
    jobs: tuple[Job, ...] = ()
    """Finished and unfinished Jobs, if the object creates Jobs; `replicas` are the unfinished."""

    @property
    def has_marks(self) -> bool:
        return self.may_mark and not self.ignores_deletion_cost


WITHOUT_STATISTICS = Clause("lost.statistics")
"""In `BrokerReading.lost` where a Secret names no source of statistics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerReading:
    """What a broker reports about the queues of one object."""

    queues: tuple[QueueReading, ...] | Unknown
    busy: Mapping[str, int] | Unknown
    """Unacknowledged messages by consumer address: the higher count of the last two statistics."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Those of the newest statistics; empty if `busy` is unknown."""
    busy_at: float | Unknown = NOT_REPORTED
    """When the newer of these statistics was taken."""
    lost: tuple[Clause, ...] = ()
    """Sentences that name what cannot be known, because a source is missing."""
    alarm: Unknown | None = ALARM_NOT_REPORTED
    """The alarm by which the broker blocks publishers; also why it is not known."""
    transient: tuple[str, ...] | Unknown = ()
    """Queues of the object that the broker deletes with their last consumer."""

    @property
    def has_statistics(self) -> bool:
        """Whether there is a source of statistics, read or not, in all virtual hosts."""
        return WITHOUT_STATISTICS not in self.lost

    @property
    def queue_count(self) -> int:
        return 0 if isinstance(self.queues, Unknown) else len(self.queues)

    @property
    def is_unreadable(self) -> bool:
        """Whether the depth of no queue is known, though there are queues."""
        if isinstance(self.queues, Unknown):
            return True
        is_known = any(not isinstance(each.ready, Unknown) for each in self.queues)
        return bool(self.queues) and not is_known


class Brokers(Protocol):
    """All brokers that objects refer to."""

    async def read(self, autoscalers: Collection[Autoscaler]) -> Mapping[Key, BrokerReading]:
        """Read the queues of objects that share a broker; a broker's failure is not raised."""

    async def check_quiet(self, autoscaler: Autoscaler) -> Unknown | None:
        """Return why a queue may have a message at this moment; None if none has.

        The reason is MESSAGES_LEFT if one certainly has, QUEUE_CHANGED if a queue may be quiet
        soon. A broker's failure is not raised.
        """

    def cost(self, autoscaler: Autoscaler) -> int:
        """Return the number of broker requests that one read of the object takes."""

    def group(self, autoscaler: Autoscaler) -> BrokerReference:
        """Return the key of objects that can be read together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Which replicas a scale-down removes: those of the lowest cost, 0 for others."""

    costs: Mapping[str, float]
    """By consumer address; above 0 for busy ones."""
    count: int


OnKilled = Callable[[str, str], None]
"""Takes the UID and the name of a replica. Replicas of a StatefulSet have their names again."""


class Workloads(Protocol):
    def get(self, target: ScaleTarget) -> Scale | Unknown:
        """Return the scale as last read. The first call for a target starts a watch."""

    async def scale(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        """Set the replicas, if the workload has not changed since `last_read`.

        For Jobs, create as many as `replicas` are more than in `last_read`, as long as
        `is_allowed`, which is called immediately before each creation. Raises `Conflict`, also
        if not all Jobs are allowed, `NotFound`, `AccessRefused`, `Rejected` or `Unavailable`.
        """

    async def refresh(self, target: ScaleTarget) -> None:
        """Read the workload now; raises as `scale` does."""

    async def mark_victims(
        self,
        target: ScaleTarget,
        last_read: Scale,
        removal: Removal,
        is_allowed: Callable[[], bool],
    ) -> bool:
        """Mark the Pods that the next scale-down deletes; false if no Pod is a known consumer.

        `is_allowed` is called immediately before each write. Raises as `scale` does.
        """

    async def watch_killed(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        on_killed: OnKilled,
    ) -> None:
        """Call `on_killed` for each replica that is killed while it terminates, or more than once.

        Returns when no more than `replicas` are left, and raises as `scale` does.
        """

    def remembered_jobs(self, target: ScaleTarget) -> tuple[tuple[Job, ...], bool]:
        """Return the remembered Jobs of an object if not all of its namespace are; else none.

        `get` returns an `Unknown` then. The other value is whether finished Jobs have to make room.
        """

    async def delete_job(self, target: ScaleTarget, job: Job) -> None:
        """Delete a finished Job of an object that creates Jobs; raises as `scale` does."""

    async def unready_cause(self, target: ScaleTarget, last_read: Scale) -> str | None:
        """Return why most replicas that are not ready are not, in a few words; None if unknown.

        Raises as `scale` does.
        """


class Objects(Protocol):
    async def read(self, key: Key) -> Mapping[str, Any]:
        """Return the used fields of an object; raise as `write_status` does."""

    async def write_status(
        self, autoscaler: Autoscaler, version: str, status: Mapping[str, Any]
    ) -> str:
        """Write the status, if the object still has this resourceVersion; return the new one.

        Raises `Conflict`, `NotFound`, `AccessRefused` or `Unavailable`.
        """

    async def publish_event(
        self, autoscaler: Autoscaler, kind: str, reason: str, message: str
    ) -> None:
        """Record an Event, Normal or Warning; raises as `write_status` does."""


class ConflictingAutoscalers(Protocol):
    """Other autoscalers, such as an HPA."""

    def find(self, target: ScaleTarget) -> str | None:
        """Return the kind and name of another autoscaler of the workload, if there is one."""


class Leadership(Protocol):
    """Whether this replica may act. Only one replica of an operator does."""

    def __call__(self) -> bool:
        """Return whether it may act at this moment."""

    @property
    def term(self) -> int:
        """A number that changes if another replica may have led since it was read last."""


class SoleReplica:
    """Implements `Leadership` for an operator with one replica, which always leads."""

    term = 0

    def __call__(self) -> bool:
        return True


class Clock(Protocol):
    def __call__(self) -> float:
        """Return the seconds since the epoch."""


class DecisionClock(Clock, Protocol):
    """Time that passes evenly, whatever the system clock is set to."""

    @property
    def offset(self) -> float:
        """The seconds by which the system clock is ahead, since it was set."""
