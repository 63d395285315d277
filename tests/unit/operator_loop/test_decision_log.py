"""Decisions as lines: a change is one, holds of one cause are one together."""

from mare.domain.spec import QueueLength, ScalingSpec
from mare.loop.decision_log import MAX_ENTRIES, DecisionLog
from tests.unit.operator.building import Timeline

SPEC = ScalingSpec(min_replicas=1, max_replicas=10, targets=(QueueLength(messages_per_replica=20),))


def lines_of(*depths):
    time, lines = Timeline(SPEC, 1, at=100.0), DecisionLog()
    for depth in depths:
        lines.add(time.now, time.decide(ready=depth))
        time.now += 1
    return list(lines.newest_first())


def test_holds_of_one_cause_are_folded_with_their_count_and_duration():
    hold, change = lines_of(60, 60, 60, 55)
    assert (change.decision.current, change.decision.replicas, change.samples) == (1, 3, 1)
    assert (hold.decision.current, hold.decision.replicas, hold.samples) == (3, 3, 3)
    assert (hold.at, hold.last) == (101.0, 103.0)
    assert hold.decision.message.startswith("Kept at 3: 55 messages")


def test_a_line_survives_being_packed():
    packed = lines_of(60, 60, 400)[1:]
    fresh = lines_of(60, 60)
    assert packed == fresh
    assert packed[1].decision.clauses[0].code == "length"
    assert packed[1].decision.clauses[0].numbers == {"messages": 60, "each": 20, "replicas": 3}


def test_lines_are_bounded():
    lines = lines_of(*([20, 60, 120, 180] * 3 + list(range(20, 20 * 11, 20)) * 20))
    assert len(lines) <= MAX_ENTRIES
