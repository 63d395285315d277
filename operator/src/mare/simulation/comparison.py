"""Runs the autoscalers of a scenario on the same messages."""

from dataclasses import replace

from mare.domain.spec import ScalingSpec
from mare.simulation import keda_controller, mare_controller
from mare.simulation.hpa_controller import HorizontalPodAutoscaler, Utilization
from mare.simulation.results import Result, mean_of, result_of
from mare.simulation.scenario import HpaSettings, KedaSettings, Scenario, SimulatedAutoscaler
from mare.simulation.simulation import Simulation, generate_messages
from mare.simulation.worker_pool import Replica


def compare(scenario: Scenario) -> tuple[Result, ...]:
    arrivals, services = generate_messages(scenario)
    return tuple(
        run_simulation(scenario, each, arrivals, services) for each in scenario.autoscalers
    )


def compare_seeds(scenario: Scenario, seeds: int) -> tuple[Result, ...]:
    runs = [compare(replace(scenario, seed=scenario.seed + index)) for index in range(seeds)]
    return tuple(mean_of(one) for one in zip(*runs, strict=True))


def run_simulation(
    scenario: Scenario,
    autoscaler: SimulatedAutoscaler,
    arrivals: list[float],
    services: list[float],
) -> Result:
    simulation = Simulation(scenario, arrivals, services)
    match autoscaler.settings:
        case ScalingSpec():
            mare_controller.attach(simulation, autoscaler.settings, scenario.tick_seconds)
        case KedaSettings():
            keda_controller.attach(simulation, autoscaler.settings)
        case HpaSettings():
            simulation.start_with(max(1, simulation.wanted))  # an HPA cannot scale from 0
            pods = MetricsServer(simulation)
            HorizontalPodAutoscaler(
                simulation,
                (Utilization(pods.use, autoscaler.settings.cpu_percent / 100),),
                min_replicas=max(1, scenario.min_replicas),
                max_replicas=scenario.max_replicas,
                behavior=autoscaler.settings.behavior,
            ).start()
    simulation.run()
    return result_of(autoscaler.name, simulation)


_SCRAPE_SECONDS = 15.0


class MetricsServer:
    """The CPU utilization of the replicas, as the metrics server reports it.

    A worker uses its share of the CPU request while it processes a message. A scrape every 15 s
    reports the mean since the one before; a pod has no metric before its second.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._busy: dict[int, float] = {}
        """Busy seconds of each replica until now, and until the last scrape."""
        self._scraped: dict[int, float] = {}
        simulation.every(0.5, self._accumulate, 0.25)
        simulation.every(
            _SCRAPE_SECONDS, self._scrape, simulation.random.random() * _SCRAPE_SECONDS
        )
        self._reported: dict[int, float] = {}

    def use(self) -> tuple[float, int, int]:
        """Mean utilization of the pods with a metric, their number, and the number without one."""
        replicas = self._simulation.pool.replicas
        reported = [
            self._reported[id(replica)] for replica in replicas if id(replica) in self._reported
        ]
        share = sum(reported) / len(reported) if reported else 0.0
        return share, len(reported), len(replicas) - len(reported)

    def _accumulate(self) -> None:
        for replica in self._ready():
            self._busy[id(replica)] = self._busy.get(id(replica), 0.0) + replica.busy * 0.5

    def _scrape(self) -> None:
        seconds = _SCRAPE_SECONDS * self._simulation.scenario.worker.workers
        busy = {id(replica): self._busy.get(id(replica), 0.0) for replica in self._ready()}
        self._reported = {
            pod: (now - self._scraped[pod]) / seconds
            for pod, now in busy.items()
            if pod in self._scraped
        }
        self._scraped = busy

    def _ready(self) -> list[Replica]:
        return [replica for replica in self._simulation.pool.replicas if replica.is_ready]
