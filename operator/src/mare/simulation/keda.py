"""KEDA 2.21 with its RabbitMQ trigger: its own loop between 0 and 1, an HPA between 1 and N.

The HPA asks KEDA for the metric at each of its looks, and KEDA asks RabbitMQ then: every
`pollingInterval` counts only for waking and resting.
"""

from mare.simulation.hpa import AverageValue, HorizontalPodAutoscaler, MetricUnavailable
from mare.simulation.scenario import KedaSettings, Trigger
from mare.simulation.station import Statistics
from mare.simulation.world import BrokerUnreachable, World


def attach(world: World, settings: KedaSettings) -> None:
    """Let KEDA scale."""
    scenario = world.scenario
    metrics = [_Trigger(world, trigger) for trigger in settings.triggers]
    hpa = HorizontalPodAutoscaler(
        world,
        tuple(AverageValue(trigger.total, trigger.value) for trigger in metrics),
        min_replicas=max(1, scenario.min_replicas),
        max_replicas=scenario.max_replicas,
        behavior=settings.behavior,
    )
    cooldown = settings.cooldown_period
    last_active = 0.0

    def poll() -> None:
        nonlocal last_active
        try:
            active = any(trigger.is_active() for trigger in metrics)
        except MetricUnavailable:
            return  # an error without a fallback changes nothing
        if active:
            last_active = world.now
            if world.wanted == 0:
                world.scale(max(1, scenario.min_replicas), "KEDAScaleTargetActivated", "active")
        elif world.wanted > 0 and scenario.min_replicas == 0 and world.now - last_active > cooldown:
            world.scale(0, "KEDAScaleTargetDeactivated", f"idle for {cooldown:g} s")

    interval = settings.polling_interval
    world.every(interval, poll, world.random.random() * interval)
    hpa.start()


class _Trigger:
    """One trigger of type rabbitmq."""

    def __init__(self, world: World, settings: Trigger) -> None:
        self.value = settings.value
        self._world = world
        self._activation = settings.activation_value
        self._rates = _PublishRate(world) if settings.mode == "MessageRate" else None
        self._http = settings.protocol == "http"

    def total(self) -> float:
        try:
            if self._rates is not None:
                return self._rates.read()
            if self._http:
                statistics = self._world.statistics()
                return float(statistics.ready + statistics.unacknowledged)
            return float(self._world.declare()[0])
        except BrokerUnreachable as down:
            raise MetricUnavailable from down

    def is_active(self) -> bool:
        value = self.total()
        if self._rates is not None:
            statistics = self._world.statistics()
            messages = statistics.ready + statistics.unacknowledged
            return value > self._activation or messages > self._activation
        return value > self._activation


class _PublishRate:
    """publish_details.rate: messages a second between the broker's last two statistics."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last: Statistics | None = None
        self._rate = 0.0
        world.every(1.0, self._watch, 0.5)

    def _watch(self) -> None:
        try:
            new = self._world.statistics()
        except BrokerUnreachable:
            return
        if self._last is not None and new.at > self._last.at:
            self._rate = (new.published - self._last.published) / (new.at - self._last.at)
        self._last = new

    def read(self) -> float:
        self._world.statistics()
        return self._rate
