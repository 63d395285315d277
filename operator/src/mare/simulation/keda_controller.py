"""Simulates KEDA 2.21 with its RabbitMQ trigger: its own loop between 0 and 1, an HPA above.

At each sync the HPA requests the metric from KEDA, and KEDA reads it from RabbitMQ at that moment:
`pollingInterval` applies only to activation and deactivation.
"""

from mare.simulation.hpa_controller import AverageValue, HorizontalPodAutoscaler, MetricUnavailable
from mare.simulation.scenario import KedaSettings, Trigger
from mare.simulation.simulation import BrokerUnreachable, Simulation
from mare.simulation.worker_pool import Statistics


def attach(simulation: Simulation, settings: KedaSettings) -> None:
    scenario = simulation.scenario
    metrics = [_Trigger(simulation, trigger) for trigger in settings.triggers]
    hpa = HorizontalPodAutoscaler(
        simulation,
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
            return  # without a fallback, KEDA ignores the error
        if active:
            last_active = simulation.now
            if simulation.wanted == 0:
                simulation.scale(
                    max(1, scenario.min_replicas), "KEDAScaleTargetActivated", "active"
                )
            return
        # KEDA stores the time of the last activity in whole seconds.
        is_over = int(last_active) + cooldown <= simulation.now
        if simulation.wanted > 0 and scenario.min_replicas == 0 and is_over:
            simulation.scale(0, "KEDAScaleTargetDeactivated", f"idle for {cooldown:g} s")

    interval = settings.polling_interval
    simulation.every(interval, poll, simulation.random.random() * interval)
    hpa.start()


class _Trigger:
    def __init__(self, simulation: Simulation, settings: Trigger) -> None:
        self.value = settings.value
        self._simulation = simulation
        self._activation = settings.activation_value
        self._rates = _PublishRate(simulation) if settings.mode == "MessageRate" else None
        self._http = settings.protocol == "http"

    def total(self) -> float:
        try:
            if self._rates is not None:
                return self._rates.read()
            if self._http:
                statistics = self._simulation.statistics()
                return float(statistics.ready + statistics.unacknowledged)
            return float(self._simulation.declare()[0])
        except BrokerUnreachable as down:
            raise MetricUnavailable from down

    def is_active(self) -> bool:
        value = self.total()
        if self._rates is not None:
            statistics = self._simulation.statistics()
            messages = statistics.ready + statistics.unacknowledged
            return value > self._activation or messages > self._activation
        return value > self._activation


class _PublishRate:
    """publish_details.rate: messages per second between the last two statistics of the broker."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._last: Statistics | None = None
        self._rate = 0.0
        simulation.every(1.0, self._watch, 0.5)

    def _watch(self) -> None:
        try:
            new = self._simulation.statistics()
        except BrokerUnreachable:
            return
        if self._last is not None and new.at > self._last.at:
            self._rate = (new.published - self._last.published) / (new.at - self._last.at)
        self._last = new

    def read(self) -> float:
        self._simulation.statistics()
        return self._rate
