"""Each clause of a decision carries the numbers that its English text has."""

import re

from mare.domain.clause import capital
from mare.domain.decision import Stage
from mare.domain.spec import Fallback, Pause, QueueLength, QueueWaitTime, ScalingSpec, Schedule
from tests.unit.operator.building import Timeline, observation_of, once, reading, unreachable

LENGTH = (QueueLength(messages_per_replica=20),)


def numbers_in(text):
    return [float(each) for each in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)]


def several():
    yield once(
        ScalingSpec(max_replicas=5, targets=LENGTH), observation_of(2, reading(240, at=1000.0))
    )
    yield once(
        ScalingSpec(max_replicas=50, targets=LENGTH), observation_of(12, reading(238, at=1000.0))
    )
    yield once(
        ScalingSpec(min_replicas=3, max_replicas=5, targets=LENGTH),
        observation_of(1, reading(at=1000.0)),
    )
    yield once(ScalingSpec(max_replicas=5, targets=LENGTH), unreachable(2))
    yield once(
        ScalingSpec(max_replicas=5, fallback=Fallback(replicas=4, after_seconds=0)), unreachable(2)
    )
    yield once(
        ScalingSpec(max_replicas=5, paused=Pause.ALL), observation_of(2, reading(240, at=1000.0))
    )
    yield once(ScalingSpec(max_replicas=5, targets=LENGTH), observation_of(0, reading(at=1000.0)))
    nights = Schedule(start="0 0 * * *", end="59 23 * * *", min_replicas=4)
    yield once(
        ScalingSpec(max_replicas=5, targets=LENGTH, schedules=(nights,)),
        observation_of(1, reading(9, at=1000.0)),
    )
    falling = Timeline(ScalingSpec(max_replicas=50, targets=LENGTH), 1)
    falling.decide(ready=200)
    falling.now += 4
    yield falling.decide(ready=20)
    learning = Timeline(ScalingSpec(max_replicas=50, targets=(QueueWaitTime(),)), 1)
    for second in range(90):
        yield learning.read(
            reading(
                40 if second % 30 > 20 else 0,
                3,
                at=learning.now,
                published=int(9.3 * second),
                acknowledged=int(9.3 * second),
            )
        )
        learning.now += 1


def test_clauses_carry_their_numbers_and_make_up_the_message():
    for decision in several():
        check(decision)


def check(decision):
    assert decision.clauses
    for clause in (*decision.clauses, *(step.text for step in decision.steps)):
        numbers = {float(n) for n in clause.numbers.values() if isinstance(n, int | float)}
        texts = " ".join(n for n in clause.numbers.values() if isinstance(n, str))
        missing = set(numbers_in(clause)) - numbers - set(numbers_in(texts))
        if clause.code == "wait.wait":
            missing -= {95.0}  # the percentile, a constant of the design
        assert not missing, (clause.code, str(clause), dict(clause.numbers))
    first, *others = decision.clauses
    assert f": {first}." in decision.message
    assert all(f" {capital(each)}." in decision.message for each in others)


def test_a_clause_is_its_text():
    decision = once(
        ScalingSpec(max_replicas=5, targets=LENGTH), observation_of(2, reading(240, at=1000.0))
    )
    formula, bound = decision.clauses
    assert formula.code == "length"
    assert formula.numbers == {"messages": 240, "each": 20, "replicas": 12}
    assert (bound, bound.code, bound.numbers) == (
        "maxReplicas is 5",
        "bounds.max",
        {"by": "maxReplicas", "max": 5},
    )


def test_the_step_that_decides_a_jump_to_a_bound_is_the_bound():
    above = once(
        ScalingSpec(max_replicas=5, targets=LENGTH), observation_of(8, reading(238, at=1000.0))
    )
    below = once(
        ScalingSpec(min_replicas=3, max_replicas=5, targets=LENGTH),
        observation_of(1, reading(1, at=1000.0)),
    )

    assert [(each.replicas, each.deciding_step.stage) for each in (above, below)] == [
        (5, Stage.BOUNDS),
        (3, Stage.BOUNDS),
    ]
