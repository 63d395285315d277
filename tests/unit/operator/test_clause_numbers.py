"""The numbers of a clause, which translations use, give the same result as its text."""

import math
from dataclasses import replace

import pytest

from mare.domain.estimates import Estimates
from mare.domain.observation import Workload, load_of
from mare.domain.spec import (
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    MessageRate,
    QueueLength,
    QueueWaitTime,
    ScalingSpec,
)
from mare.domain.targets import proposal_of
from tests.unit.operator.building import Timeline, amqp_only, observation_of, once, reading

FORMULAS = {
    "length": lambda n: n["messages"] / n["each"],
    "rate": lambda n: n["arrivalRate"] / n["each"],
    "consumption": lambda n: (n["arrivalRate"] + n["ready"] / n["seconds"]) / n["capacity"],
    "concurrency": lambda n: n["messages"] / (n["workers"] * n["busyPercent"] / 100),
    "wait.nothing": lambda n: n["ready"] + n["arrivalRate"],
    "wait.utilization": lambda n: n["arrivalRate"] / (n["capacity"] * n["busyPercent"] / 100),
    "wait.backlog": lambda n: (n["arrivalRate"] + n["ready"] / n["backlogSeconds"]) / n["capacity"],
    "wait.workers": lambda n: n["arrivalRate"] / n["capacity"] + n["ready"] / n["workers"],
    "wait.byWorkers": lambda n: n["messages"] / n["workers"],
    "length.partly": lambda n: n["ready"] / n["each"],
    "consumption.partly": lambda n: n["ready"] / n["seconds"] / n["capacity"],
    "concurrency.partly": lambda n: n["ready"] / (n["workers"] * n["busyPercent"] / 100),
    "wait.nothing.partly": lambda n: n["ready"],
    "wait.backlog.partly": lambda n: n["ready"] / n["backlogSeconds"] / n["capacity"],
    "wait.workers.partly": lambda n: n["ready"] / n["workers"],
    "idle.ready": lambda n: n["ready"] > 0,
}
ASLEEP = Workload(replicas=0)
TARGETS = [
    QueueLength(messages_per_replica=7),
    MessageRate(messages_per_second_per_replica=3.3),
    ExpectedQueueConsumptionTime(consumption_seconds=11, capacity_per_replica=1.3),
    MaximumConcurrency(workers_per_replica=3, busy_percent=70),
    QueueWaitTime(capacity_per_replica=1.7, workers_per_replica=1, wait_seconds=30),
    QueueWaitTime(capacity_per_replica=0.4, workers_per_replica=4, wait_seconds=2),
    QueueWaitTime(),
]


def decisions():
    for target in TARGETS:
        time = Timeline(ScalingSpec(min_replicas=1, max_replicas=300, targets=(target,)), 4)
        for second in range(40):
            time.now += 1
            ready = 60 if second % 20 > 12 else 0
            count = int(9.1 * time.now)
            fresh = reading(ready, 5, at=time.now, published=count, acknowledged=count)
            yield time.read(fresh)
        for ready in (0, 60):
            alone = observation_of(1, amqp_only(ready, at=1000.0))
            yield once(replace(time.spec, min_replicas=0), alone, since=0.0)
            yield once(replace(time.spec, min_replicas=0), replace(alone, workload=ASLEEP))


def test_the_numbers_of_a_formula_give_the_proposal():
    recomputed = set()
    for decision in decisions():
        clause = decision.steps[1].text
        if clause.code in FORMULAS:
            count = math.ceil(FORMULAS[clause.code](clause.numbers) - 1e-9)
            assert count == decision.raw, decision.message
            recomputed.add(clause.code)
        for kept in decision.clauses:
            if kept.code == "tolerance.busy":
                n = clause.numbers
                busy = 100 * n["arrivalRate"] / (kept.numbers["replicas"] * n["capacity"])
                assert kept.numbers["busyPercent"] == pytest.approx(busy, rel=0.01)
                recomputed.add(kept.code)
        formulas = [each for each in decision.clauses if each.code in FORMULAS]
        if any("replicas" in each.numbers for each in formulas):
            named = {each.numbers.get("replicas") for each in decision.clauses}
            assert decision.raw in named, decision.message
    expected = FORMULAS.keys() - {"wait.byWorkers", "wait.nothing"} | {"tolerance.busy"}
    assert recomputed >= expected, recomputed


def test_a_count_above_100_percent_busy_is_kept_by_a_favorable_estimate_that_is_named():
    """ "4 replicas at 110 % busy are within the tolerance" did not say by how much it is wrong."""
    proposal = proposal_of(
        QueueWaitTime(workers_per_replica=1, wait_seconds=60),
        load_of((reading(at=9.0),)),
        Estimates(
            arrival_rate=0.44, arrival_deviation=0.1, highest_rate=0.44, capacity_per_replica=0.1
        ),
        Workload(replicas=4),
        ScalingSpec(max_replicas=9).behavior,
    )
    why, *_ = proposal.clauses
    assert (proposal.replicas, why) == (
        4,
        "4 replicas at 110 % busy, by a favorable estimate 85 %, are within the tolerance",
    )


def without_work(highest_rate):
    target = QueueWaitTime(capacity_per_replica=2.0, workers_per_replica=1)
    return proposal_of(
        target,
        load_of((reading(at=9.0),)),
        Estimates(arrival_rate=0.0, highest_rate=highest_rate),
        Workload(replicas=1),
        ScalingSpec(max_replicas=9).behavior,
    )


def test_without_work_there_is_nothing_to_divide():
    proposal = without_work(highest_rate=0.0)
    assert FORMULAS[proposal.formula.code](proposal.formula.numbers) == proposal.raw == 0
    assert (
        proposal.formula == "0 ready messages and an arrival rate of 0 messages/s need no replica"
    )


def test_a_count_kept_for_the_highest_rate_has_the_formula_of_that_rate():
    proposal = without_work(highest_rate=1.5)
    assert (proposal.raw, proposal.replicas) == (0, 1)
    why, formula = proposal.clauses
    assert why == (
        "the load needs 0 replicas now, but the highest rate of the last 15 s decides on a"
        " scale-down"
    )
    assert formula == (
        "an arrival rate of 1.5 messages/s at 2 messages/s per replica with 1 worker needs 2"
        " replicas, so that 95 % of messages wait at most 2 s"
    )


def test_a_count_kept_for_the_error_of_the_capacity_has_the_formula_of_the_lower_capacity():
    estimates = Estimates(
        arrival_rate=58.0,
        highest_rate=58.0,
        capacity_per_replica=25.0,
        capacity_error=0.1,
        workers_per_replica=10.0,
    )
    proposal = proposal_of(
        QueueWaitTime(),
        load_of((reading(at=9.0),)),
        estimates,
        Workload(replicas=4),
        ScalingSpec(max_replicas=9).behavior,
    )
    assert (proposal.raw, proposal.replicas) == (3, 4)
    why, formula = proposal.clauses
    assert why == (
        "the load needs 3 replicas now, but a scale-down keeps a reserve for errors of the"
        " estimates"
    )
    assert formula == (
        "an arrival rate of 58 messages/s at 22.5 messages/s per replica needs 4 replicas,"
        " at most 80 % busy"
    )


@pytest.mark.parametrize(("current", "replicas"), [(20, 20), (19, 30)])
def test_a_backlog_scales_up_beyond_one_and_a_half_drain_times(current, replicas):
    proposal = proposal_of(
        QueueWaitTime(capacity_per_replica=8.0, workers_per_replica=4),
        load_of((reading(480, at=9.0),)),
        Estimates(arrival_rate=0.0),
        Workload(replicas=current),
        ScalingSpec(max_replicas=50).behavior,
    )
    assert (proposal.raw, proposal.replicas) == (30, replicas)
