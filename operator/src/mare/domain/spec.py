"""The spec of a QueueAutoscaler, validated and with defaults."""

from dataclasses import dataclass, field, replace
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


JOB_PAUSES = frozenset({Pause.ALL, Pause.SCALE_OUT})
"""Those with which an object creates no Jobs."""


class ForecastMode(StrEnum):
    OFF = "Off"
    DRY_RUN = "DryRun"
    ON = "On"


class FallbackBehavior(StrEnum):
    CURRENT_REPLICAS_IF_HIGHER = "CurrentReplicasIfHigher"
    STATIC = "Static"


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """The largest change within a period."""

    type: PolicyType
    value: int
    period_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRules:
    """Rules of one direction, 10 % of tolerance among them. Without policies there is no limit."""

    stabilization_window_seconds: int = 0
    select_policy: SelectPolicy = SelectPolicy.MAX
    policies: tuple[ScalingPolicy, ...] = ()
    tolerance: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    scale_up: ScalingRules
    scale_down: ScalingRules
    window_follows_load: bool = False
    """Whether the fall of a steady arrival rate ends the scale-down window."""


HPA_BEHAVIOR = Behavior(
    scale_up=ScalingRules(
        policies=(
            ScalingPolicy(PolicyType.PODS, 4, 15),
            ScalingPolicy(PolicyType.PERCENT, 100, 15),
        )
    ),
    scale_down=ScalingRules(
        stabilization_window_seconds=300,
        policies=(ScalingPolicy(PolicyType.PERCENT, 100, 15),),
    ),
)
"""The defaults of a HorizontalPodAutoscaler."""
QUEUE_WAIT_BEHAVIOR = Behavior(
    scale_up=ScalingRules(),
    scale_down=ScalingRules(stabilization_window_seconds=15),
    window_follows_load=True,
)
"""The default of `behavior` for QueueWaitTime, which is cautious itself when it scales down."""
MESSAGE_COUNT_BEHAVIOR = Behavior(
    scale_up=ScalingRules(), scale_down=ScalingRules(stabilization_window_seconds=360)
)
"""The default of `behavior` for all other targets, whose proposals rise and fall with each message.
With the 300 s of an HPA they reverse 10 times in half an hour and KEDA 8 to 10 times; with 360 s
they reverse 8 times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWaitTime:
    """As many replicas as keep the wait under `wait_seconds`."""

    wait_seconds: float = 2.0
    capacity_per_replica: float | None = None
    """Messages/s of a replica; None if it is estimated."""
    workers_per_replica: int | None = None
    """Messages that a replica handles at a time; None if the prefetch gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLength:
    """One replica for each `messages_per_replica` messages."""

    messages_per_replica: float
    exclude_unacknowledged: bool = False
    workers_per_replica: int | None = None
    """Messages that a replica handles at a time: others that it holds do not count."""
    queues: tuple[str, ...] = ()
    """Entries of spec.queues that count; empty means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRate:
    """One replica for each `messages_per_second_per_replica` of the arrival rate."""

    messages_per_second_per_replica: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedToDeliveredRatio:
    """As many replicas as keep published / delivered at `ratio`."""

    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedQueueConsumptionTime:
    """As many replicas as consume the arrivals, and the backlog in `consumption_seconds`."""

    consumption_seconds: float
    capacity_per_replica: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumConcurrency:
    """A worker for each ready or unacknowledged message, with `busy_percent` of them busy."""

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


def default_behavior(targets: tuple[Target, ...]) -> Behavior:
    """Return the `behavior` of a spec without one."""
    by_wait = all(isinstance(target, QueueWaitTime) for target in targets)
    return QUEUE_WAIT_BEHAVIOR if by_wait else MESSAGE_COUNT_BEHAVIOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What to do after `after_seconds` without any reading."""

    replicas: int
    after_seconds: int = 180
    behavior: FallbackBehavior = FallbackBehavior.CURRENT_REPLICAS_IF_HIGHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A minimum from each `start` to the next `end`, which are cron expressions of five fields."""

    start: str
    end: str
    min_replicas: int
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRules:
    """How many Jobs are created for ready messages, and how many finished ones are kept."""

    messages_per_job: int = 1
    start_seconds: int = 30
    """How long a ready Job may take to get its first message before it counts as busy."""
    successful_jobs_history_limit: int = 3
    failed_jobs_history_limit: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSpec:
    """The fields of a spec that a decision depends on."""

    min_replicas: int = 0
    max_replicas: int
    max_set_by: str = "maxReplicas"
    """What sets `max_replicas`, as sentences name it."""
    targets: tuple[Target, ...] = (QueueWaitTime(),)
    """At least one, except with `jobs`; the largest proposal applies."""
    behavior: Behavior = QUEUE_WAIT_BEHAVIOR
    victim_policy: VictimPolicy = VictimPolicy.IDLE_FIRST
    max_drain_wait_seconds: int = 300
    activation_threshold: int = 0
    """Ready messages above which an idle workload is activated."""
    always_active: bool = False
    """Whether at least one replica is kept even without messages."""
    idle_replicas: int | None = None
    """The idle count, below `min_replicas`; None for `min_replicas`."""
    cooldown_seconds: int = 60
    fallback: Fallback | None = None
    drain_seconds: int | None = None
    """How long a delivered message may be processed that is acknowledged already; None if that is
    measured."""
    staleness_seconds: int = 15
    schedules: tuple[Schedule, ...] = field(default=())
    forecast: ForecastMode = ForecastMode.ON
    """Whether replicas are started before a load that comes back; `DryRun` only reports that."""
    paused: Pause | None = None
    paused_replicas: int | None = None
    dry_run: bool = False
    """Whether decisions are reported but not carried out."""
    jobs: JobRules | None = None
    """The rules of an object that creates Jobs; None for one that scales a workload."""

    @property
    def workers_per_replica(self) -> int | None:
        """The workers per replica of the first target that has them."""
        configured = (
            target.workers_per_replica
            for target in self.targets
            if isinstance(target, QueueWaitTime | QueueLength | MaximumConcurrency)
        )
        return next((workers for workers in configured if workers is not None), None)

    @property
    def capacity_per_replica(self) -> float | None:
        """The capacity per replica of the first target that has it."""
        configured = (
            target.capacity_per_replica
            for target in self.targets
            if isinstance(target, QueueWaitTime | ExpectedQueueConsumptionTime)
        )
        return next((capacity for capacity in configured if capacity is not None), None)

    @property
    def effective_idle_replicas(self) -> int | None:
        """The count of the idle workload; None if it never becomes idle."""
        if self.always_active:
            return None
        if self.idle_replicas is not None:
            return self.idle_replicas
        return 0 if self.min_replicas == 0 else None

    @property
    def keeps_queues(self) -> bool:
        """Whether one replica stays for queues that the broker deletes without consumers.

        An `idle.replicas` of 0, which has to be given beside a greater `minReplicas`, allows that.
        """
        is_given = self.idle_replicas is not None or self.max_replicas == 0
        return self.effective_idle_replicas == 0 and not is_given

    def restoring(self, replicas: int) -> "ScalingSpec":
        """Return the spec by which the workload of a deleted object gets a count back.

        Both bounds are the count: it is set at once, except that busy replicas stay as they do at
        any lower `maxReplicas`.
        """
        return replace(
            self,
            min_replicas=replicas,
            max_replicas=replicas,
            idle_replicas=None,
            always_active=False,
            schedules=(),
            forecast=ForecastMode.OFF,
            paused=None,
        )
