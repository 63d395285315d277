"""All that the rules look at, worked out once for a decision."""

from dataclasses import dataclass

from mare.domain.clause import Clause
from mare.domain.observation import Load, Workload
from mare.domain.policy import Policy, Schedule
from mare.domain.schedules import floor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The policy, what was seen, and the moment."""

    policy: Policy
    workload: Workload
    load: Load
    now: float
    floor: int
    """The fewest replicas while there is work or a schedule."""
    schedule: Schedule | None
    """The schedule that sets the floor, if one does."""

    @property
    def why_floor(self) -> Clause:
        """Where the floor comes from."""
        if self.schedule is not None:
            start = self.schedule.start
            text = f"The schedule that starts at {start} keeps {self.floor}"
            return Clause("bounds.schedule", text, start=start, replicas=self.floor)
        if self.policy.min_replicas > 0:
            return Clause("bounds.min", f"minReplicas is {self.floor}", min=self.floor)
        if self.policy.always_active:
            return Clause("bounds.always", "activation.mode is Always, which keeps one")
        text = "One is kept until the queues have been quiet for the cooldown"
        return Clause("bounds.quiet", text)

    @property
    def rest(self) -> int | None:
        """The count to rest at without work, None if it may not rest now."""
        return None if self.schedule else self.policy.rest_replicas

    @property
    def is_at_rest(self) -> bool:
        return self.rest is not None and self.workload.replicas <= self.rest


def situation(policy: Policy, workload: Workload, load: Load, now: float) -> Situation:
    floor = max(1, policy.min_replicas)
    scheduled, schedule = floor_of(policy.schedules, now)
    if scheduled <= policy.min_replicas:
        schedule = None
    else:
        floor = min(scheduled, policy.max_replicas)
    return Situation(
        policy=policy, workload=workload, load=load, now=now, floor=floor, schedule=schedule
    )
