"""What the defaults have to achieve on the scenarios, against the others, without any tuning.

One seed, to be quick; docs/simulation.md has the means of five, and where a comparison cannot be
won: a message cannot be served before a replica has started, nor by more than maxReplicas.
"""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import mare.simulation
from mare.domain.spec import QueueWaitTime, ScalingSpec
from mare.simulation.comparison import compare
from mare.simulation.reading import read_scenario
from mare.simulation.scenario import SimulatedAutoscaler

SCENARIOS = Path(mare.simulation.__file__).parent / "scenarios"
TENTH_OF_A_SECOND = 0.1  # waits below it are noise


@cache
def held(name):
    """The result of each autoscaler, by name."""
    scenario = read_scenario(SCENARIOS / f"{name}.yaml")
    autoscalers = tuple(each for each in scenario.autoscalers if each.name != "HPA alone")
    results = compare(replace(scenario, autoscalers=autoscalers))
    return {result.autoscaler: result for result in results}


@pytest.mark.parametrize("other", ["KEDA default", "KEDA tuned"])
@pytest.mark.parametrize("name", ["steady", "ramp", "square", "sine", "prefetch"])
def test_less_cost_and_a_fraction_of_the_wait_of_keda_untaught(name, other):
    ours, theirs = held(name)["Maré"], held(name)[other]
    assert ours.replica_seconds <= 0.8 * theirs.replica_seconds
    assert ours.wait_p95 <= 0.25 * theirs.wait_p95


@pytest.mark.parametrize("name", ["steady", "ramp", "sine"])
def test_no_worse_than_keda_by_an_expert_who_measured_the_capacity(name):
    ours, theirs = held(name)["Maré"], held(name)["KEDA expert"]
    assert ours.wait_p95 <= max(theirs.wait_p95, TENTH_OF_A_SECOND)
    assert ours.replica_seconds <= 1.005 * theirs.replica_seconds
    assert ours.reversals <= theirs.reversals


@pytest.mark.parametrize("name", ["square", "bursts"])
def test_half_the_wait_of_the_expert_when_the_load_jumps(name):
    ours, theirs = held(name)["Maré"], held(name)["KEDA expert"]
    assert ours.wait_p95 <= 0.5 * theirs.wait_p95
    assert ours.replica_seconds <= 1.1 * theirs.replica_seconds


@pytest.mark.parametrize("name", ["steady", "sine"])
def test_three_quarters_of_the_replica_time_are_busy(name):
    assert held(name)["Maré"].efficiency >= 0.74


@pytest.mark.parametrize("name", ["ramp", "small-sine"])
def test_messages_that_may_wait_longer_cost_less(name):
    """The cost never rises by more than 3 %, and the wait meets each target."""
    waits = (0.5, 2.0, 10.0, 30.0)
    scenario = read_scenario(SCENARIOS / f"{name}.yaml")
    spec = ScalingSpec(min_replicas=scenario.min_replicas, max_replicas=scenario.max_replicas)
    autoscalers = tuple(
        SimulatedAutoscaler(str(wait), replace(spec, targets=(QueueWaitTime(wait_seconds=wait),)))
        for wait in waits
    )
    results = compare(replace(scenario, autoscalers=autoscalers))
    costs = [result.replica_seconds for result in results]

    assert all(later <= 1.03 * before for before, later in pairwise(costs))
    assert costs[-1] <= 0.91 * costs[1]
    assert all(each.wait_p95 <= wait for each, wait in zip(results, waits, strict=True))


@pytest.mark.parametrize("name", ["queue-length", "concurrency"])
def test_a_target_that_counts_messages_reverses_no_more_often_than_keda(name):
    assert held(name)["Maré"].reversals <= held(name)["KEDA default"].reversals


def test_a_ratio_pays_for_few_idle_replicas():
    assert held("ratio")["Maré"].efficiency > 0.3
