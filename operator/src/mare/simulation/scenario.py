"""A scenario: the load, the workers, and the autoscalers to compare."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from mare.domain.spec import (
    Behavior,
    ForecastMode,
    PolicyType,
    ScalingPolicy,
    ScalingRules,
    ScalingSpec,
)
from mare.simulation.load import Load

_UNLIMITED = 2**31 - 1

TriggerMode = Literal["QueueLength", "MessageRate"]


class Distribution(StrEnum):
    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    PARETO = "pareto"
    BIMODAL = "bimodal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A replica and the time it needs for a message."""

    service_seconds: float
    """Mean time that a worker needs for a message."""
    distribution: Distribution = Distribution.LOGNORMAL
    variation: float = 0.5
    """Standard deviation over mean for lognormal; the shape, above 1, for pareto."""
    workers: int = 4
    """Messages that a replica works on at a time."""
    slow_seconds: float = 0.0
    """Service time of slow messages, for bimodal."""
    slow_share: float = 0.0
    """Share of slow messages, for bimodal; the others take so long that the mean is right."""
    prefetch: int | None = None
    """Prefetch count of a replica; None means the number of its workers, 0 is without a limit."""
    start_seconds: float = 3.0
    """From scale-up to the first message."""
    ready_seconds: float = 0.0
    """From scale-up to Ready; without a readiness probe this is before the first message."""

    @property
    def capacity(self) -> float:
        return self.workers / self.service_seconds

    @property
    def consumer_prefetch(self) -> int:
        return self.workers if self.prefetch is None else self.prefetch or _UNLIMITED


@dataclass(frozen=True, slots=True)
class Outage:
    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class CounterJump:
    """A time in which the broker reports counters of messages that are wrong by an offset.

    A negative offset is a node that is missing from the answers, an endless one another broker.
    """

    at: float
    seconds: float
    messages: int
    """Added to each counter; a counter does not fall below 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger of type rabbitmq, with KEDA's fields."""

    mode: TriggerMode = "QueueLength"
    value: float = 20
    activation_value: float = 0
    protocol: Literal["amqp", "http"] = "amqp"
    """QueueLength counts ready messages only over amqp, over http unacknowledged ones as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KedaSettings:
    """The fields of a ScaledObject that affect scaling, with KEDA's defaults."""

    polling_interval: float = 30
    cooldown_period: float = 300
    triggers: tuple[Trigger, ...] = (Trigger(),)
    behavior: Behavior | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaSettings:
    cpu_percent: float = 80
    behavior: Behavior | None = None


@dataclass(frozen=True, slots=True)
class SimulatedAutoscaler:
    name: str
    settings: ScalingSpec | KedaSettings | HpaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    description: str = ""
    seconds: float
    seed: int = 1
    load: Load
    worker: Worker
    min_replicas: int = 1
    max_replicas: int = 30
    initial_replicas: int = 0
    """Replicas at the start, if more than `min_replicas`."""
    starts_at: float = 0.0
    """When it starts, in seconds since the epoch: schedules are times of the day."""
    estimates_known: bool = False
    """Whether Maré begins with what it has measured of the workers, as after a restart."""
    tick_seconds: float = 1.0
    """Interval of Maré's decisions."""
    outages: tuple[Outage, ...] = ()
    counter_jumps: tuple[CounterJump, ...] = ()
    has_statistics: bool = True
    """Whether the statistics of the broker can be read: without them, only passive declares can."""
    autoscalers: tuple[SimulatedAutoscaler, ...]

    def with_and_without_forecast(self) -> "Scenario":
        """Return the scenario with each Maré once more, with `forecast: {mode: Off}`."""
        both = (each for one in self.autoscalers for each in (one, _without_forecast(one)) if each)
        return replace(self, autoscalers=tuple(both))


def _without_forecast(autoscaler: SimulatedAutoscaler) -> SimulatedAutoscaler | None:
    settings = autoscaler.settings
    if not isinstance(settings, ScalingSpec) or settings.forecast is ForecastMode.OFF:
        return None
    name = f"{autoscaler.name} without forecast"
    return SimulatedAutoscaler(name, replace(settings, forecast=ForecastMode.OFF))


TUNED = Behavior(
    scale_up=ScalingRules(
        policies=(
            ScalingPolicy(PolicyType.PERCENT, 900, 15),
            ScalingPolicy(PolicyType.PODS, 100, 15),
        )
    ),
    scale_down=ScalingRules(
        stabilization_window_seconds=60, policies=(ScalingPolicy(PolicyType.PERCENT, 100, 15),)
    ),
)
"""The fastest behavior of an HPA without much flapping."""


_LONG_TASK_SECONDS = 10.0


def default_autoscalers(
    worker: Worker, minimum: int, maximum: int
) -> tuple[SimulatedAutoscaler, ...]:
    """Maré with its defaults, KEDA from its defaults to an expert's settings, and an HPA on CPU.

    The expert has measured the capacity of a replica and scales by the arrival rate as well. For
    long tasks there is also KEDA with one message a replica, unacknowledged ones included.
    """
    rate = Trigger(mode="MessageRate", value=0.8 * worker.capacity)
    tuned = KedaSettings(polling_interval=1.0, cooldown_period=60.0, behavior=TUNED)
    unfinished = Trigger(value=1, protocol="http")
    by_task = SimulatedAutoscaler("KEDA http 1", replace(tuned, triggers=(unfinished,)))
    return (
        SimulatedAutoscaler("Maré", ScalingSpec(min_replicas=minimum, max_replicas=maximum)),
        SimulatedAutoscaler("KEDA default", KedaSettings()),
        SimulatedAutoscaler("KEDA tuned", tuned),
        SimulatedAutoscaler("KEDA expert", replace(tuned, triggers=(rate, Trigger()))),
        *([by_task] if worker.service_seconds >= _LONG_TASK_SECONDS else []),
        SimulatedAutoscaler("HPA alone", HpaSettings()),
    )
