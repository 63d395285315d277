"""The state of one object at one time."""

from dataclasses import dataclass

from mare.custom_resource.autoscaler import Key, ScaleTarget
from mare.custom_resource.condition import Condition
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.observation import QueueReading
from mare.domain.spec import QueueWaitTime, ScalingSpec
from mare.domain.unknown import Unknown

_MIN_PENDING_SECONDS = 30.0
_PENDING_STARTS = 3.0
"""Start-up times after which a replica that is not ready counts as pending."""


def pending_seconds(estimates: Estimates) -> float:
    return max(_MIN_PENDING_SECONDS, _PENDING_STARTS * (estimates.start_seconds or 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    key: Key
    target: ScaleTarget
    spec: ScalingSpec
    at: float
    """The time of the state."""
    requested: int | None
    """spec.replicas of the workload; None if it cannot be read."""
    ready: int | None
    decision: Decision | None
    queues: tuple[QueueReading, ...] | Unknown
    depth: int | None
    wait_seconds: float | None
    estimates: Estimates
    conditions: tuple[Condition, ...]
    pending: bool
    """Whether replicas are not ready for longer than a start-up takes."""
    uncounted: int = 0
    """Ready messages that arrived while replicas start, which are no reason for more of them."""

    def condition(self, kind: str) -> Condition | None:
        return next((each for each in self.conditions if each.type == kind), None)

    @property
    def cannot_act(self) -> Condition | None:
        """The condition with the reason why the workload cannot be scaled, if so."""
        found = (self.condition(kind) for kind in ("OperatorLeads", "AbleToScale"))
        return next((each for each in found if each is not None and each.is_bad), None)

    @property
    def has_no_leader(self) -> bool:
        return self.condition("OperatorLeads") is not None

    @property
    def has_alarm(self) -> bool:
        """Whether an alarm of the broker is in effect, which blocks scale-down."""
        alarm = self.condition("BrokerAlarm")
        return alarm is not None and alarm.is_bad

    @property
    def wait_target(self) -> float | None:
        """The seconds of the first target QueueWaitTime; None without one."""
        for target in self.spec.targets:
            if isinstance(target, QueueWaitTime):
                return target.wait_seconds
        return None

    @property
    def is_unread(self) -> bool:
        """Whether replicas are ready and no queue has a consumer."""
        if isinstance(self.queues, Unknown) or not self.ready:
            return False
        return all(each.consumers == 0 for each in self.queues)

    @property
    def missing_replicas(self) -> int:
        return self.decision.missing_replicas(self.spec.max_replicas) if self.decision else 0

    @property
    def is_behind(self) -> bool:
        """Whether maxReplicas are requested and are too few.

        While some of them do not start, or the broker is in alarm, more would change nothing.
        """
        if self.pending or self.has_alarm:
            return False
        are_requested = (self.requested or 0) >= self.spec.max_replicas
        return are_requested and self.missing_replicas > 0
