"""The numbers in the sentence of a decision give its result."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

import mare.simulation
from mare.domain.decision import Stage
from mare.domain.reason import Reason
from mare.domain.spec import (
    ExpectedQueueConsumptionTime,
    MaximumConcurrency,
    MessageRate,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingSpec,
)
from mare.simulation.comparison import run_simulation
from mare.simulation.reading import read_scenario
from mare.simulation.simulation import generate_messages
from tests.unit.operator.building import Timeline, observation_of, once, reading, watching

SCENARIOS = Path(mare.simulation.__file__).parent / "scenarios"
N = r"([\d.]+)"
ALMOST = 1e-9  # decimal numbers of the sentence are not exact in binary


def ceil(value):
    return math.ceil(value - ALMOST)


def by_use(rate, capacity, _needed, percent):
    return ceil(rate / (capacity * percent / 100))


def by_wait(rate, capacity, workers, _needed, _percent, wait):
    replicas = 1
    while True:
        spare, use = replicas * capacity - rate, rate / (replicas * capacity)
        if spare > 0:
            delayed = use ** (math.sqrt(2 * (replicas * workers + 1)) - 1)
            if delayed <= 0.05 or math.log(delayed / 0.05) / spare <= wait:
                return replicas
        replicas += 1


def by_backlog(ready, rate, capacity, _needed, drain):
    return ceil((rate + ready / drain) / capacity)


def by_workers(ready, rate, capacity, workers, _needed):
    return ceil(rate / capacity + ready / workers)


def by_nothing(_ready, *_rate):
    return 0


def by_known_backlog(ready, capacity, needed, drain):
    return by_backlog(ready, 0, capacity, needed, drain)


def by_known_workers(ready, _capacity, workers, _needed):
    return ceil(ready / workers)


def by_known_consumption(ready, seconds, capacity, needed):
    return by_consumption(0, ready, seconds, capacity, needed)


def by_length(messages, each, _needed):
    return ceil(messages / each)


def by_concurrency(messages, workers, percent, _needed):
    return ceil(messages / (workers * percent / 100))


def by_consumption(rate, ready, seconds, capacity, _needed):
    return ceil((rate + ready / seconds) / capacity)


def by_ratio(ratio, target, ready, _needed):
    return ceil(ratio / target * ready)


def by_growth(_first, latest, _seconds, current, _tried):
    return min(2 * current, current + latest)


EACH = f"at {N} messages/s per replica"
WITH = f"{EACH} with {N} workers?"
READY = f"{N} ready messages?"
MESSAGES = f"{N}(?: ready)? messages?"
RATE = f"{N} messages/s"
ARRIVALS = f"an arrival rate of {RATE}"
NEED = f"needs? {N} replicas?"
FORMULAS = {
    rf"{READY} and {ARRIVALS} {EACH} {NEED} to empty the queues in {N} s": by_backlog,
    rf"{READY} and {ARRIVALS} {WITH} {NEED} to start every message": by_workers,
    rf"{READY} and {ARRIVALS} need no replica": by_nothing,
    rf"{ARRIVALS} {EACH} {NEED}, at most {N} % busy": by_use,
    rf"{ARRIVALS} {WITH} {NEED}, so that {N} % of messages wait at most {N} s": by_wait,
    rf"{READY} {EACH} {NEED} to empty the queues in {N} s": by_known_backlog,
    rf"{READY} {WITH} {NEED} to start every message": by_known_workers,
    rf"{READY}; the arrival rate is unknown": by_nothing,
    rf"consuming {RATE} that arrive and {READY} in {N} s, {EACH}, {NEED}": by_consumption,
    rf"consuming {READY} in {N} s, {EACH}, {NEED}": by_known_consumption,
    rf"{MESSAGES}, at {N} workers? per replica, {N} % of them busy, {NEED}": by_concurrency,
    rf"{MESSAGES} at {N} workers? per replica {NEED}": by_length,
    rf"{MESSAGES} at {N} per replica {NEED}": by_length,
    rf"{ARRIVALS} {EACH} {NEED}": by_length,
    rf"from {N} to {N} in {N} s with {N} replicas?, so that {N} replicas? are tried": by_growth,
    rf"a ratio of {N} .* at a target of {N} with {N} replicas? ready, {NEED}": by_ratio,
}


def recomputed(message, current):
    """Return the count that results from the numbers in the sentence."""
    band = re.search(rf"{N} messages? for {N} workers? is within the scale-up threshold", message)
    for pattern, formula in FORMULAS.items():
        found = re.search(pattern, message, re.IGNORECASE)
        if found:
            count = formula(*(float(number) for number in found.groups()))
            stated = re.search(NEED, found[0])
            assert stated is None or count == int(stated[1]), message
            break
    else:
        assert band, message
        count = current
        assert float(band[1]) <= 2.5 * float(band[2])
    if re.search(r"within the tolerance|the next statistics decide", message):
        count = current
    if re.search(r"decides on a scale-down|a scale-down keeps a reserve", message):
        assert count >= current, message
        count = current
    step = re.search(rf"a step has at most {N} replicas?", message)
    if step:
        count = min(count, int(step[1]))
    if "is unknown" in message or "are unknown" in message:
        count = max(count, current)
    held = re.search(r"Scale-down below (\d+) is possible", message)
    if held:
        count = int(held.group(1))
    bounds = (
        (r"At least (\d+): this load came", max),
        (r"maxReplicas is (\d+)", min),
        (r"minReplicas is (\d+)", max),
    )
    for bound, choose in bounds:
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
    assert len(changes) >= 90
    for change in changes:
        assert recomputed(change.message, change.before) == change.after, change.message


def flowing(rate, ready=0, unacknowledged=0):
    """Return a function that reads a queue with a steady flow of messages."""

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
def test_the_sentence_of_every_target_can_be_recomputed(target, rate, ready, unacknowledged):
    time = Timeline(ScalingSpec(min_replicas=1, max_replicas=300, targets=(target,)), 4)
    read = flowing(rate, ready, unacknowledged)
    for _ in range(60):
        time.now += 1
        before = time.replicas
        decision = time.read(read(time.now))
        if decision.reason is not Reason.QUEUES_UNKNOWN:
            assert recomputed(decision.message, before) == decision.replicas, decision.message
            assert decision.raw == decision.steps[1].replicas


def test_the_trace_marks_the_deciding_step():
    spec = ScalingSpec(max_replicas=5, targets=(QueueLength(messages_per_replica=20),))
    decision = once(spec, observation_of(2, reading(240, at=1000.0)))
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
        "2 → 5 replicas: 240 messages at 20 per replica need 12 replicas. maxReplicas is 5."
    )
    formula, bound = decision.clauses
    assert (formula.code, formula.numbers) == (
        "length",
        {"messages": 240, "each": 20, "replicas": 12},
    )
    assert (bound.code, bound.numbers) == ("bounds.max", {"by": "maxReplicas", "max": 5})


@pytest.mark.parametrize(("current", "bound"), [(8, 5), (1, 3)])
def test_the_step_that_decides_a_jump_to_a_bound_is_the_bound(current, bound):
    spec = replace(watching(), min_replicas=3, max_replicas=5)
    decision = once(spec, observation_of(current, reading(238, at=1000.0)))
    assert (decision.replicas, decision.deciding_step.stage) == (bound, Stage.BOUNDS)


def test_the_trace_shows_a_window_that_the_fall_of_the_load_ended():
    spec = ScalingSpec(max_replicas=50, targets=(QueueWaitTime(capacity_per_replica=8.0),))
    time = Timeline(spec, 10)
    done = 0
    for index in range(17):
        time.now = 5.0 * index
        counters = {"published": done, "delivered": done, "acknowledged": done}
        decision = time.read(reading(0, 4, at=time.now, **counters))
        done += 300 if index < 15 else 5
    assert (decision.current, decision.replicas) == (10, 1)
    assert "window.ended" in [step.text.code for step in decision.steps]


def test_a_window_that_holds_counts_down_to_its_end():
    time = Timeline(
        ScalingSpec(max_replicas=50, targets=(QueueLength(messages_per_replica=20),)), 1
    )
    time.decide(ready=200)
    time.now += 4
    decision = time.decide(ready=20)
    assert (decision.replicas, decision.reason) == (10, Reason.SCALE_DOWN_STABILIZED)
    assert decision.until == 15.0
    assert "is possible in 11 s" in decision.message
    time.now += 10.8
    assert "is possible in 1 s" in time.decide(ready=20).message
    time.now = decision.until
    assert time.decide(ready=20).replicas == 1


def test_a_window_promises_no_count_below_the_bounds():
    time = Timeline(watching(), 2)
    time.decide(ready=40)
    time.now += 5
    time.decide(ready=20)
    time.now += 11
    decision = time.decide(ready=0)
    assert (decision.current, decision.replicas, decision.until) == (2, 1, None)
    assert "possible" not in decision.message
