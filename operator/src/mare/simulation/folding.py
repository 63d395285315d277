"""Makes a scenario with very many messages small enough to be simulated in a minute or two.

A load of 10,000 messages/s for 1,250 replicas is simulated as 833 messages/s for 104 replicas: each
replica has the load that it had. A replica of 10,000 messages/s is simulated with 100 messages/s,
each of which takes 100 times as long: it is as busy as it was. What is left is cut to the busiest
time.
"""

from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil

from mare.domain.spec import (
    Behavior,
    ExpectedQueueConsumptionTime,
    MessageRate,
    PolicyType,
    QueueWaitTime,
    ScalingRules,
    ScalingSpec,
    Target,
)
from mare.simulation.busiest import busiest_messages, busiest_rate, busiest_time
from mare.simulation.load import Load
from mare.simulation.scenario import Scenario, SimulatedAutoscaler, Worker

MOST_MESSAGES = 600_000
"""Messages of one simulation: about 5 s."""
MOST_SECONDS = 21_600.0
"""Time of one simulation: 22,000 decisions, about 8 s."""
_LEAST_REPLICAS = 100
"""Replicas at the busiest time. Fewer ones have less in common to absorb noise: with a third of 150
replicas the costs are 7 % higher at 2 s and 3 % at 10 s, with half of them 4 % and 2 %."""
_LEAST_RATE = 100.0
"""Messages/s of a replica. With a tenth of 1,000 the costs differ by 6 % at 2 s, 0 % at 30 s, with
a hundredth by 5 % and 2 %, and the waits by up to 0.2 s."""


@dataclass(frozen=True, slots=True)
class Folded:
    scenario: Scenario
    replicas: int = 1
    """How many replicas stand behind a simulated one."""
    messages: int = 1
    """How many messages of a replica stand behind a simulated one."""
    is_cut: bool = False


def fold(
    scenario: Scenario, most: int = MOST_MESSAGES, most_seconds: float = MOST_SECONDS
) -> Folded:
    """Return a scenario of at most that size, as far as that keeps what is compared."""
    cut = busiest_time(scenario, most_seconds)
    replicas, messages = _factors(cut, most)
    small = _smaller(cut, replicas, messages) if replicas * messages > 1 else cut
    small = busiest_messages(small, most)
    return Folded(small, replicas, messages, is_cut=small.seconds < scenario.seconds)


def _factors(scenario: Scenario, most: int) -> tuple[int, int]:
    """Return how many replicas one stands for, and how many messages of a replica."""
    load, capacity = scenario.load, scenario.worker.capacity
    surplus = ceil(load.expected(scenario.seconds) / most)
    specs = [each.settings for each in scenario.autoscalers]
    maximum = max(each.max_replicas for each in specs if isinstance(each, ScalingSpec))
    needed = min(float(maximum), busiest_rate(scenario) / capacity)
    replicas = max(1, min(surplus, int(needed // _LEAST_REPLICAS)))
    if not all(map(_is_by_rate, specs)):
        return replicas, 1
    return replicas, max(1, min(ceil(surplus / replicas), int(capacity // _LEAST_RATE)))


def _smaller(scenario: Scenario, replicas: int, messages: int) -> Scenario:
    return replace(
        scenario,
        load=_thinned(scenario.load, replicas * messages),
        worker=_slowed(scenario.worker, messages),
        min_replicas=_fewer(scenario.min_replicas, replicas),
        max_replicas=_fewer(scenario.max_replicas, replicas),
        initial_replicas=_fewer(scenario.initial_replicas, replicas),
        autoscalers=tuple(
            SimulatedAutoscaler(each.name, _scaled(each.settings, replicas, messages))
            if isinstance(each.settings, ScalingSpec)
            else each
            for each in scenario.autoscalers
        ),
    )


def _thinned(load: Load, factor: int) -> Load:
    """Return every n-th message. The rest of a count is added to the next one."""
    before = 0
    rows = []
    for (second, _), count in zip(
        load.recorded, accumulate(messages for _, messages in load.recorded), strict=True
    ):
        rows.append((second, count // factor - before))
        before = count // factor
    return replace(
        load,
        recorded=tuple(rows),
        bursts=tuple(replace(each, messages=ceil(each.messages / factor)) for each in load.bursts),
        rates=tuple(each.times(1 / factor) for each in load.rates),
    )


def _slowed(worker: Worker, messages: int) -> Worker:
    """Return a worker that takes n times as long; what it prefetches takes as long as before."""
    prefetch = worker.prefetch
    if prefetch:
        prefetch = worker.workers + (prefetch - worker.workers) // messages
    return replace(
        worker,
        service_seconds=worker.service_seconds * messages,
        slow_seconds=worker.slow_seconds * messages,
        prefetch=prefetch,
    )


def _scaled(spec: ScalingSpec, replicas: int, messages: int) -> ScalingSpec:
    idle = spec.idle_replicas
    return replace(
        spec,
        min_replicas=_fewer(spec.min_replicas, replicas),
        max_replicas=_fewer(spec.max_replicas, replicas),
        idle_replicas=idle if idle is None else idle // replicas,
        activation_threshold=spec.activation_threshold // (replicas * messages),
        targets=tuple(_of_fewer(each, messages) for each in spec.targets),
        behavior=_behavior(spec.behavior, replicas),
        schedules=tuple(
            replace(each, min_replicas=_fewer(each.min_replicas, replicas))
            for each in spec.schedules
        ),
        fallback=None,
    )


def _is_by_rate(settings: object) -> bool:
    """Return whether no target counts messages: messages in progress do not become fewer."""
    return isinstance(settings, ScalingSpec) and all(
        isinstance(target, QueueWaitTime | MessageRate | ExpectedQueueConsumptionTime)
        for target in settings.targets
    )


def _of_fewer(target: Target, messages: int) -> Target:
    match target:
        case QueueWaitTime() | ExpectedQueueConsumptionTime():
            each = target.capacity_per_replica
            return target if each is None else replace(target, capacity_per_replica=each / messages)
        case MessageRate():
            rate = target.messages_per_second_per_replica / messages
            return replace(target, messages_per_second_per_replica=rate)
        case _:
            return target


def _behavior(behavior: Behavior, replicas: int) -> Behavior:
    up, down = (_rules(each, replicas) for each in (behavior.scale_up, behavior.scale_down))
    return replace(behavior, scale_up=up, scale_down=down)


def _rules(rules: ScalingRules, replicas: int) -> ScalingRules:
    policies = (
        replace(each, value=_fewer(each.value, replicas)) if each.type is PolicyType.PODS else each
        for each in rules.policies
    )
    return replace(rules, policies=tuple(policies))


def _fewer(count: int, replicas: int) -> int:
    return ceil(count / replicas)
