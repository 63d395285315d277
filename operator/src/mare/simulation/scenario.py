"""A scenario: what arrives, who works on it, and who scales them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from mare.domain.policy import Behavior, Policy
from mare.simulation.load import Load

TriggerMode = Literal["QueueLength", "MessageRate"]


class Distribution(StrEnum):
    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    PARETO = "pareto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A replica and what it does with a message."""

    service_seconds: float
    """Mean time that a worker needs for a message."""
    distribution: Distribution = Distribution.LOGNORMAL
    variation: float = 0.5
    """Standard deviation over mean for lognormal; the shape, above 1, for pareto."""
    workers: int = 4
    """Messages that a replica works on at a time."""
    prefetch: int | None = None
    """Messages that the broker gives a replica at a time; None means as many as it has workers."""
    start_seconds: float = 3.0
    """From being asked for to the first message."""
    ready_seconds: float = 0.0
    """From being asked for to Ready; without a readiness probe that is before the first message."""
    stop_seconds: float = 0.0
    """From the last message to the end of a replica that was asked to go."""

    @property
    def capacity(self) -> float:
        """Messages a second that a replica finishes."""
        return self.workers / self.service_seconds

    @property
    def consumer_prefetch(self) -> int:
        return self.prefetch or self.workers


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the broker answers nobody."""

    start: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger of type rabbitmq, in KEDA's words."""

    mode: TriggerMode = "QueueLength"
    value: float = 20
    activation_value: float = 0
    protocol: Literal["amqp", "http"] = "amqp"
    """QueueLength by amqp counts ready messages only, by http unacknowledged ones as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KedaSettings:
    """The fields of a ScaledObject that decide, with KEDA's defaults."""

    polling_interval: float = 30
    cooldown_period: float = 300
    triggers: tuple[Trigger, ...] = (Trigger(),)
    behavior: Behavior | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaSettings:
    """An HPA on processor use."""

    cpu_percent: float = 80
    behavior: Behavior | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who scales."""

    name: str
    settings: Policy | KedaSettings | HpaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All that a run depends on."""

    name: str
    description: str = ""
    seconds: float
    seed: int = 1
    load: Load
    worker: Worker
    min_replicas: int = 1
    max_replicas: int = 30
    initial_replicas: int = 0
    """Replicas at the beginning, if more than `min_replicas`."""
    tick_seconds: float = 1.0
    """How often Maré looks."""
    outages: tuple[Outage, ...] = ()
    contenders: tuple[Contender, ...]
