"""Loads with very many messages, made small enough to be simulated."""

from dataclasses import replace

import pytest

from mare.domain.spec import QueueLength, ScalingSpec
from mare.simulation.comparison import run_simulation
from mare.simulation.folding import fold
from mare.simulation.load import Load, Points
from mare.simulation.scenario import Scenario, SimulatedAutoscaler, Worker
from mare.simulation.simulation import generate_messages


def scenario_of(rate, worker, *, seconds=600, most=2_000, rows=True, **given):
    quiet, busy = int(rate), int(3 * rate)
    counts = [(5 * n, 5 * (busy if n * 5 >= seconds / 2 else quiet)) for n in range(seconds // 5)]
    spec = given.pop("spec", ScalingSpec(min_replicas=1, max_replicas=most))
    return Scenario(
        name="high",
        seconds=seconds,
        load=Load(recorded=tuple(counts)) if rows else Load(rates=(Points(((0, rate),)),)),
        worker=worker,
        estimates_known=True,
        max_replicas=most,
        autoscalers=(SimulatedAutoscaler("Maré", spec),),
    )


MANY = Worker(service_seconds=0.5, workers=4)
"""8 messages/s a replica."""
QUICK = Worker(service_seconds=0.001, workers=4, prefetch=40)
"""4,000 messages/s a replica."""


def result_of(folded):
    scenario = folded.scenario
    return run_simulation(scenario, scenario.autoscalers[0], *generate_messages(scenario))


def test_a_load_with_few_messages_stays_as_it_is():
    scenario = scenario_of(10, MANY)
    folded = fold(scenario)
    assert folded.scenario is scenario
    assert (folded.replicas, folded.messages, folded.is_cut) == (1, 1, False)


def test_many_replicas_become_few_with_the_same_load_each():
    folded = fold(scenario_of(3_000, MANY), most=1_000_000)
    small = folded.scenario
    assert (folded.replicas, folded.messages) == (4, 1)
    assert small.worker == MANY
    assert small.max_replicas == 500
    assert small.load.expected(600) == pytest.approx(3_600_000 / 4, abs=4)


def test_replicas_do_not_become_so_few_that_one_counts_for_much():
    folded = fold(scenario_of(3_000, MANY), most=1)
    assert folded.replicas == 11  # of 1,125


def test_quick_messages_become_few_slow_ones():
    folded = fold(scenario_of(3_000, QUICK), most=100_000)
    small = folded.scenario
    assert (folded.replicas, folded.messages) == (1, 36)
    assert small.worker.service_seconds == pytest.approx(0.036)
    assert small.worker.prefetch == 5  # what a replica holds takes as long as before


def test_a_target_that_counts_messages_keeps_their_number():
    length = ScalingSpec(max_replicas=9, targets=(QueueLength(messages_per_replica=20),))
    folded = fold(scenario_of(3_000, QUICK, spec=length), most=100_000)
    assert folded.messages == 1


def test_what_is_still_too_much_is_cut_to_the_busiest_time():
    slow = Worker(service_seconds=0.5, workers=4)
    folded = fold(scenario_of(40, slow, seconds=7_200), most=100_000)
    assert folded.is_cut
    assert folded.scenario.starts_at >= 3_600
    assert folded.scenario.seconds == pytest.approx(100_000 / 120, abs=10)
    assert folded.scenario.load.expected(0) == pytest.approx(100_000, rel=0.01)


def test_a_recorded_day_is_cut_to_its_busiest_hours():
    rows = [(5 * n, 40 if 7_200 <= 5 * n < 9_000 else 1) for n in range(86_400 // 5)]
    scenario = replace(
        scenario_of(1, MANY), seconds=86_400, starts_at=1e9, load=Load(recorded=tuple(rows))
    )
    folded = fold(scenario, most_seconds=3_600)
    assert (folded.is_cut, folded.scenario.seconds) == (True, 3_600)
    assert 5_400 <= folded.scenario.starts_at - 1e9 <= 7_200
    assert sum(n for _, n in folded.scenario.load.recorded) == 360 * 40 + 360
    assert fold(scenario, most_seconds=86_400).scenario is scenario


def test_a_single_burst_at_the_end_of_the_day_is_found():
    load = Load(recorded=((0, 0), (86_000, 500), (86_005, 0)))
    scenario = replace(scenario_of(1, MANY), seconds=86_400, load=load)
    folded = fold(scenario, most_seconds=3_600)
    assert folded.scenario.starts_at == 86_400 - 3_600
    assert folded.scenario.load.recorded == ((3_200, 500), (3_205, 0))


def test_a_load_that_is_not_recorded_is_not_cut():
    folded = fold(scenario_of(40, MANY, rows=False), most=1_000)
    assert not folded.is_cut
    assert folded.scenario.seconds == 600


@pytest.mark.parametrize(
    ("rate", "worker", "most"),
    [(600, MANY, 150_000), (1_000, Worker(service_seconds=0.01, workers=4), 250_000)],
    ids=["replicas", "messages"],
)
def test_a_folded_load_costs_and_waits_as_the_whole_one(rate, worker, most):
    scenario = scenario_of(rate, worker, seconds=240)
    folded = fold(scenario, most=most)
    assert folded.replicas * folded.messages > 1
    assert not folded.is_cut
    exact, small = result_of(fold(scenario)), result_of(folded)
    assert folded.replicas * small.replica_seconds == pytest.approx(exact.replica_seconds, rel=0.1)
    assert small.wait_p95 == pytest.approx(exact.wait_p95, abs=0.5)
