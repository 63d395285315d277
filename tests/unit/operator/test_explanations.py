"""Whoever reads a decision can repeat the sum: the sentence's own numbers give its result."""

import math
import re
from pathlib import Path

import pytest

import mare.simulation
from mare.domain.decision import Stage
from mare.domain.policy import (
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    MessageRate,
    Policy,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
)
from mare.domain.reason import Reason
from mare.simulation.comparison import run_simulation
from mare.simulation.reading import read_scenario
from mare.simulation.simulation import generate_messages
from tests.unit.operator.building import Timeline, once, reading, seen

SCENARIOS = Path(mare.simulation.__file__).parent / "scenarios"
N = r"([\d.]+)"
ALMOST = 1e-9  # what is written in decimals comes back a hair beside it


def ceil(value):
    return math.ceil(value - ALMOST)


def by_use(rate, capacity, _replicas, percent):
    return ceil(rate / (capacity * percent / 100))


def by_wait(rate, capacity, workers, _replicas, _percent, wait):
    replicas = 1
    while True:
        spare, use = replicas * capacity - rate, rate / (replicas * capacity)
        if spare > 0:
            delayed = use ** (math.sqrt(2 * (replicas * workers + 1)) - 1)
            if delayed <= 0.05 or math.log(delayed / 0.05) / spare <= wait:
                return replicas
        replicas += 1


def by_backlog(ready, rate, capacity, _replicas, drain):
    return ceil((rate + ready / drain) / capacity)


def by_workers(ready, rate, capacity, workers, _replicas):
    return ceil(rate / capacity + ready / workers)


def by_nothing(_ready, *_rate):
    return 0


def by_known_backlog(ready, capacity, replicas, drain):
    return by_backlog(ready, 0, capacity, replicas, drain)


def by_known_workers(ready, _capacity, workers, _replicas):
    return ceil(ready / workers)


def by_known_consumption(ready, capacity, seconds):
    return by_consumption(0, ready, capacity, seconds)


def by_length(messages, each):
    return ceil(messages / each)


def by_concurrency(messages, workers, percent):
    return ceil(messages / (workers * percent / 100))


def by_consumption(rate, ready, capacity, seconds):
    return ceil((rate + ready / seconds) / capacity)


def by_ratio(ratio, fine, ready):
    return ceil(ratio / fine * ready)


FINISHES = f"a replica finishes {N} a second"
WAIT = f"{N} messages? wait"
RUN = f"{N} messages? wait or run"
ARRIVE = f"{N} a second arrive"
COUNT = f"{N} replicas?"
SILENT = f"{WAIT}, unknown is how many arrive"
RUNNING = f"{WAIT}, unknown is how many run"
SUMS = {
    rf"{ARRIVE}, {FINISHES}: {COUNT} at most {N} % busy": by_use,
    rf"{ARRIVE}, {FINISHES} with {N} workers?: {COUNT} so that {N} % wait at most {N} s": by_wait,
    rf"{WAIT} and {ARRIVE}, {FINISHES}: {COUNT} to work it off in {N} s": by_backlog,
    rf"{WAIT} and {ARRIVE}, {FINISHES} with {N} workers?: {COUNT} to begin": by_workers,
    rf"{WAIT} and {ARRIVE}, for which no replica is needed": by_nothing,
    rf"{SILENT}, {FINISHES}: {COUNT} to work it off in {N} s": by_known_backlog,
    rf"{SILENT}, {FINISHES} with {N} workers?: {COUNT} to begin": by_known_workers,
    rf"{SILENT}, {FINISHES}, {N} s for what waits": by_known_consumption,
    rf"{SILENT}\.": by_nothing,
    rf"{RUNNING}, {N} for each replica": by_length,
    rf"{RUNNING}, a replica has {N} workers?, {N} % busy is fine": by_concurrency,
    rf"{RUN}, a replica handles {N} at a time": by_length,
    rf"{RUN}, {N} for each replica": by_length,
    rf"{WAIT}, {N} for each replica": by_length,
    rf"{RUN}, a replica has {N} workers?, {N} % busy is fine": by_concurrency,
    rf"{ARRIVE} and {WAIT}, {FINISHES}, {N} s for what waits": by_consumption,
    rf"{ARRIVE}, {N} for each replica": by_length,
    rf"{N} messages are published for each delivered one, {N} are fine, {COUNT}": by_ratio,
}


def recomputed(message, current):
    """The count that the sentence's numbers lead to."""
    for pattern, formula in SUMS.items():
        found = re.search(pattern, message)
        if found:
            count = formula(*(float(number) for number in found.groups()))
            break
    else:
        raise AssertionError(message)
    if re.search(r"is left alone|are fine\.|of what|lately or soon", message):
        count = current
    if "is unknown" in message or "unknown is" in message:
        count = max(count, current)
    held = re.search(r"Scale-down below (\d+) is possible", message)
    if held:
        count = int(held.group(1))
    for bound, choose in ((r"maxReplicas is (\d+)", min), (r"minReplicas is (\d+)", max)):
        found = re.search(bound, message)
        if found:
            count = choose(count, int(found.group(1)))
    return count


def recorded():
    for name in ("bursts", "ramp", "square", "slow-start", "prefetch"):
        scenario = read_scenario(SCENARIOS / f"{name}.yaml")
        result = run_simulation(scenario, scenario.autoscalers[0], *generate_messages(scenario))
        yield from result.changes


def test_every_recorded_change_can_be_recomputed_from_its_sentence():
    changes = list(recorded())
    assert len(changes) >= 100
    for change in changes:
        assert recomputed(change.message, change.before) == change.after, change.message


def flowing(rate, ready=0, unacknowledged=0):
    """Looks at a queue through which messages flow."""

    def at(now):
        return reading(
            ready,
            unacknowledged,
            at=now,
            published=int(rate * now) + ready,
            delivered=int(rate * now),
            acknowledged=int(rate * now),
        )

    return at


@pytest.mark.parametrize(
    "target",
    [
        QueueLength(messages_per_replica=7),
        QueueLength(messages_per_replica=7, exclude_unacknowledged=True),
        MessageRate(messages_per_second_per_replica=3.3),
        PublishedToDeliveredRatio(ratio=0.5),
        ExpectedQueueConsumptionTime(consumption_seconds=11, capacity_per_replica=1.3),
        MaximumConcurrency(workers_per_replica=3, busy_percent=70),
        QueueWaitTime(capacity_per_replica=1.7, workers_per_replica=1, wait_seconds=0.4),
        QueueWaitTime(capacity_per_replica=0.1, workers_per_replica=1, wait_seconds=30),
        QueueWaitTime(capacity_per_replica=2, workers_per_replica=4, wait_seconds=0.2),
        QueueWaitTime(),
    ],
)
@pytest.mark.parametrize(
    ("rate", "ready", "unacknowledged"), [(9.1, 0, 5), (9.1, 57, 8), (3, 2, 1)]
)
def test_every_target_gives_its_sum(target, rate, ready, unacknowledged):
    time = Timeline(Policy(min_replicas=1, max_replicas=300, targets=(target,)), 4)
    look = flowing(rate, ready, unacknowledged)
    for _ in range(60):
        time.now += 1
        before = time.replicas
        decision = time.look(look(time.now))
        if decision.reason is not Reason.QUEUES_UNKNOWN:
            assert recomputed(decision.message, before) == decision.replicas, decision.message
            assert decision.raw == decision.steps[1].replicas


def test_the_ladder_marks_the_step_that_decided():
    policy = Policy(max_replicas=5, targets=(QueueLength(messages_per_replica=20),))
    decision = once(policy, seen(2, reading(240, at=1000.0)))
    assert [step.stage for step in decision.steps] == [
        Stage.MEASURED,
        Stage.PROPOSAL,
        Stage.WINDOW,
        Stage.BOUNDS,
    ]
    assert [step.replicas for step in decision.steps] == [None, 12, 12, 5]
    assert decision.deciding_step.stage is Stage.BOUNDS
    assert decision.limited_by == (Reason.TOO_MANY_REPLICAS,)
    assert decision.message == (
        "2 → 5 replicas: 240 messages wait or run, 20 for each replica. maxReplicas is 5."
    )


def test_a_window_that_holds_counts_down_to_its_end():
    time = Timeline(Policy(max_replicas=50, targets=(QueueLength(messages_per_replica=20),)), 1)
    time.sees(ready=200)
    time.now += 4
    decision = time.sees(ready=20)
    assert (decision.replicas, decision.reason) == (10, Reason.SCALE_DOWN_STABILIZED)
    assert decision.until == 15.0
    assert "is possible in 11 s" in decision.message
    time.now = decision.until
    assert time.sees(ready=20).replicas == 1
