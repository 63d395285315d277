"""What a user asks for: the spec of a QueueAutoscaler, checked and with its defaults filled in."""

from dataclasses import dataclass, field
from enum import StrEnum


class SelectPolicy(StrEnum):
    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


class PolicyType(StrEnum):
    PODS = "Pods"
    PERCENT = "Percent"


class VictimPolicy(StrEnum):
    IDLE_FIRST = "IdleFirst"
    IDLE_ONLY = "IdleOnly"
    DEFAULT = "Default"


class Pause(StrEnum):
    ALL = "All"
    SCALE_IN = "ScaleIn"
    SCALE_OUT = "ScaleOut"


class FallbackBehavior(StrEnum):
    CURRENT_REPLICAS_IF_HIGHER = "CurrentReplicasIfHigher"
    STATIC = "Static"


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """What a change may amount to within a period."""

    type: PolicyType
    value: int
    period_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRules:
    """Rules of one direction, as in autoscaling/v2. Without policies the rate has no limit."""

    stabilization_window_seconds: int = 0
    select_policy: SelectPolicy = SelectPolicy.MAX
    policies: tuple[ScalingPolicy, ...] = ()
    tolerance: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    scale_up: ScalingRules
    scale_down: ScalingRules


HPA_SCALE_UP = ScalingRules(
    policies=(
        ScalingPolicy(PolicyType.PODS, 4, 15),
        ScalingPolicy(PolicyType.PERCENT, 100, 15),
    )
)
HPA_SCALE_DOWN = ScalingRules(
    stabilization_window_seconds=300,
    policies=(ScalingPolicy(PolicyType.PERCENT, 100, 15),),
)
OWN_BEHAVIOR = Behavior(
    scale_up=ScalingRules(), scale_down=ScalingRules(stabilization_window_seconds=15)
)
"""What an absent `behavior` means: up at once, down when 15 s have agreed on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWaitTime:
    """As many replicas as keep the wait under `wait_seconds`."""

    wait_seconds: float = 2.0
    capacity_per_replica: float | None = None
    """Messages a second that a replica finishes; None has it learnt."""
    workers_per_replica: int | None = None
    """Messages that a replica handles at a time; None has it learnt from the prefetch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLength:
    """One replica for each `messages_per_replica` messages."""

    messages_per_replica: float
    exclude_unacknowledged: bool = False
    queues: tuple[str, ...] = ()
    """Entries of spec.queues to look at; empty means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRate:
    """One replica for each `messages_per_second_per_replica` arrivals a second."""

    messages_per_second_per_replica: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedToDeliveredRatio:
    """As many replicas as keep published / delivered at `ratio`."""

    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedQueueConsumptionTime:
    """As many replicas as work off the arrivals, and the backlog in `consumption_seconds`."""

    consumption_seconds: float
    capacity_per_replica: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumConcurrency:
    """A worker for each message, waiting or running, with `busy_percent` of the workers busy."""

    workers_per_replica: int | None = None
    busy_percent: int = 100
    queues: tuple[str, ...] = ()


Target = (
    QueueWaitTime
    | QueueLength
    | MessageRate
    | PublishedToDeliveredRatio
    | ExpectedQueueConsumptionTime
    | MaximumConcurrency
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What to do after `after_seconds` without any reading."""

    replicas: int
    after_seconds: int = 180
    behavior: FallbackBehavior = FallbackBehavior.CURRENT_REPLICAS_IF_HIGHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """From each `start` to the next `end`, cron expressions of five fields, a floor is kept."""

    start: str
    end: str
    min_replicas: int
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One QueueAutoscaler, as far as a decision depends on it."""

    min_replicas: int = 0
    max_replicas: int
    targets: tuple[Target, ...] = (QueueWaitTime(),)
    """At least one; the one that asks for the most replicas wins."""
    behavior: Behavior = OWN_BEHAVIOR
    victim_policy: VictimPolicy = VictimPolicy.IDLE_FIRST
    max_drain_wait_seconds: int = 300
    activation_threshold: int = 0
    """Ready messages above which a resting workload is woken."""
    always_active: bool = False
    """Whether at least one replica is kept, whatever the queues say."""
    idle_replicas: int | None = None
    """The count to rest at, below `min_replicas`; None rests at `min_replicas`."""
    cooldown_seconds: int = 60
    fallback: Fallback | None = None
    staleness_seconds: int = 15
    schedules: tuple[Schedule, ...] = field(default=())
    paused: Pause | None = None
    paused_replicas: int | None = None
    dry_run: bool = False
    """Decide as always; whoever carries decisions out leaves the workload alone."""

    @property
    def workers_per_replica(self) -> int | None:
        """Messages that a replica handles at a time, by the first target that tells."""
        told = (
            target.workers_per_replica
            for target in self.targets
            if isinstance(target, QueueWaitTime | MaximumConcurrency)
        )
        return next((workers for workers in told if workers is not None), None)

    @property
    def capacity_per_replica(self) -> float | None:
        """Messages a second that a replica finishes, by the first target that tells."""
        told = (
            target.capacity_per_replica
            for target in self.targets
            if isinstance(target, QueueWaitTime | ExpectedQueueConsumptionTime)
        )
        return next((capacity for capacity in told if capacity is not None), None)

    @property
    def effective_idle_replicas(self) -> int | None:
        """The count to rest at when there is no work, None if it never rests."""
        if self.always_active:
            return None
        if self.idle_replicas is not None:
            return self.idle_replicas
        return 0 if self.min_replicas == 0 else None
