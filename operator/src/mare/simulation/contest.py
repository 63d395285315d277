"""Runs the contenders of a scenario against each other."""

from dataclasses import replace

from mare.domain.policy import Policy
from mare.simulation import keda, own
from mare.simulation.hpa import HorizontalPodAutoscaler, Utilization
from mare.simulation.processor import MetricsServer
from mare.simulation.results import Result, mean_of, result_of
from mare.simulation.scenario import Contender, HpaSettings, KedaSettings, Scenario
from mare.simulation.world import World, messages_of


def contest(scenario: Scenario) -> tuple[Result, ...]:
    """Run every contender on the same messages."""
    arrivals, services = messages_of(scenario)
    return tuple(run(scenario, contender, arrivals, services) for contender in scenario.contenders)


def repeated(scenario: Scenario, seeds: int) -> tuple[Result, ...]:
    """Hold a contest with several seeds, from the scenario's on, and take the means."""
    runs = [contest(replace(scenario, seed=scenario.seed + index)) for index in range(seeds)]
    return tuple(mean_of(one) for one in zip(*runs, strict=True))


def run(
    scenario: Scenario, contender: Contender, arrivals: list[float], services: list[float]
) -> Result:
    world = World(scenario, arrivals, services)
    match contender.settings:
        case Policy():
            own.attach(world, contender.settings, scenario.tick_seconds)
        case KedaSettings():
            keda.attach(world, contender.settings)
        case HpaSettings():
            world.begin_with(max(1, world.wanted))  # it cannot rest at zero
            pods = MetricsServer(world)
            HorizontalPodAutoscaler(
                world,
                (Utilization(pods.use, contender.settings.cpu_percent / 100),),
                min_replicas=max(1, scenario.min_replicas),
                max_replicas=scenario.max_replicas,
                behavior=contender.settings.behavior,
            ).start()
    world.run()
    return result_of(contender.name, world)
