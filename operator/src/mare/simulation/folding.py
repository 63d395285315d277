"""Makes a scenario with very many messages small enough to be simulated in a minute or two.

A load of 10,000 messages/s for 1,250 replicas is simulated as 833 messages/s for 104 replicas: each
replica has the load that it had. A replica of 10,000 messages/s is simulated with 100 messages/s,
each of which takes 100 times as long: it is as busy as it was. What is left is cut to the busiest
time.
"""

from bisect import bisect_left
from collections import Counter
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
from mare.simulation.load import Load
from mare.simulation.scenario import Scenario, SimulatedAutoscaler, Worker

MOST_MESSAGES = 1_500_000
"""Messages of one simulation: about 8 s."""
_LEAST_REPLICAS = 100
"""Replicas at the busiest time. Fewer ones have less in common to absorb noise: with a third of 150
replicas the costs are 7 % higher at 2 s and 3 % at 10 s, with half of them 4 % and 2 %."""
_LEAST_RATE = 100.0
"""Messages/s of a replica. With a tenth of 1,000 the costs differ by 6 % at 2 s, 0 % at 30 s, with
a hundredth by 5 % and 2 %, and the waits by up to 0.2 s."""
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Folded:
    scenario: Scenario
    replicas: int = 1
    """How many replicas stand behind a simulated one."""
    messages: int = 1
    """How many messages of a replica stand behind a simulated one."""
    begin: float = 0.0
    """Second of the scenario at which the simulated time begins."""
    is_cut: bool = False


def fold(scenario: Scenario, most: int = MOST_MESSAGES) -> Folded:
    """Return a scenario with at most so many messages, as far as that keeps what is compared."""
    load, worker = scenario.load, scenario.worker
    surplus = ceil(load.expected(scenario.seconds) / most)
    needed = min(float(scenario.max_replicas), busiest_rate(scenario) / worker.capacity)
    replicas = max(1, min(surplus, int(needed // _LEAST_REPLICAS)))
    messages = max(1, min(ceil(surplus / replicas), int(worker.capacity // _LEAST_RATE)))
    if not all(_is_by_rate(each.settings) for each in scenario.autoscalers):
        messages = 1
    if replicas * messages > 1:
        scenario = replace(
            scenario,
            load=_thinned(load, replicas * messages),
            worker=_slowed(worker, messages),
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
    begin, seconds = _busiest(scenario, most)
    is_cut = seconds < scenario.seconds
    if is_cut:
        scenario = replace(
            scenario,
            seconds=seconds,
            starts_at=scenario.starts_at + begin,
            load=_between(scenario.load, begin, begin + seconds),
        )
    return Folded(scenario, replicas, messages, begin, is_cut)


def busiest_rate(scenario: Scenario) -> float:
    """Return the messages/s of the busiest minute."""
    load, minutes = scenario.load, Counter[int]()
    for second, messages in load.recorded:
        minutes[int(second // _MINUTE)] += messages
    for burst in load.bursts:
        minutes[int(burst.at // _MINUTE)] += burst.messages
    rates = Load(rates=load.rates).expected(scenario.seconds) / scenario.seconds
    return rates + max(minutes.values(), default=0) / _MINUTE


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
    """Return whether no target counts messages: those in progress do not become fewer."""
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


def _busiest(scenario: Scenario, most: int) -> tuple[float, float]:
    """Return begin and length of the busiest time with so many messages, of a recording alone."""
    load = scenario.load
    rows = load.recorded
    total = sum(messages for _, messages in rows)
    if load.rates or load.bursts or total <= most:
        return 0.0, scenario.seconds
    counts = [0, *accumulate(messages for _, messages in rows)]
    moments = [*(second for second, _ in rows), scenario.seconds]
    spans = []
    for first, before in enumerate(counts[:-1]):
        last = bisect_left(counts, before + most)
        if last < len(counts):
            spans.append((moments[last] - moments[first], moments[first]))
    length, begin = min(spans)
    return begin, length


def _between(load: Load, begin: float, end: float) -> Load:
    rows = tuple((second - begin, n) for second, n in load.recorded if begin <= second < end)
    return replace(load, recorded=rows)
