"""What is known of one object at one moment."""

from dataclasses import dataclass

from mare.custom_resource.autoscaler import Key, ScaleTarget
from mare.custom_resource.conditions import Condition
from mare.domain.decision import Decision
from mare.domain.estimates import Estimates
from mare.domain.observation import QueueReading
from mare.domain.policy import Policy, QueueWaitTime
from mare.domain.unknown import Unknown

_PENDING_SECONDS = 30.0
_STARTS = 3.0


def patience(estimates: Estimates) -> float:
    """Seconds after which replicas that are not ready are held up, not just starting."""
    return max(_PENDING_SECONDS, _STARTS * (estimates.start_seconds or 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    key: Key
    target: ScaleTarget
    policy: Policy
    at: float
    """When it was seen."""
    asked: int | None
    """Replicas that the workload is asked to have; None if it cannot be read."""
    ready: int | None
    decision: Decision | None
    queues: tuple[QueueReading, ...] | Unknown
    depth: int | None
    wait_seconds: float | None
    estimates: Estimates
    conditions: tuple[Condition, ...]
    pending: bool
    """Whether replicas are missing for longer than a start takes."""

    def condition(self, kind: str) -> Condition | None:
        return next((each for each in self.conditions if each.type == kind), None)

    @property
    def cannot_act(self) -> Condition | None:
        """The condition that says why the workload cannot be scaled, if so."""
        able = self.condition("AbleToScale")
        return able if able is not None and able.status == "False" else None

    @property
    def wait_target(self) -> float | None:
        """Seconds, None without a target of the type QueueWaitTime."""
        for target in self.policy.targets:
            if isinstance(target, QueueWaitTime):
                return target.wait_seconds
        return None

    @property
    def is_behind(self) -> bool:
        """At the upper bound, and more would be wanted."""
        if self.asked is None or self.asked < self.policy.max_replicas:
            return False
        if self.wait_target is not None and self.wait_seconds is not None:
            return self.wait_seconds > self.wait_target
        raw = self.decision.raw if self.decision else None
        return raw is not None and raw > self.policy.max_replicas
