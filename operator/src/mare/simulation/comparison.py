"""Runs the autoscalers of a scenario on the same messages."""

from dataclasses import replace

from mare.domain.policy import Policy
from mare.simulation import keda_controller, mare_controller
from mare.simulation.hpa_controller import HorizontalPodAutoscaler, Utilization
from mare.simulation.metrics_server import MetricsServer
from mare.simulation.results import Result, mean_of, result_of
from mare.simulation.scenario import HpaSettings, KedaSettings, Scenario, SimulatedAutoscaler
from mare.simulation.simulation import Simulation, generate_messages


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
        case Policy():
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
