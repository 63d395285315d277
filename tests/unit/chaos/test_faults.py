"""The order of faults is random, complete and repeatable."""

from random import Random

from tests.load.chaos.faults import Fault, in_order, nothing, only

FAULTS = [
    Fault(name=f"{how} of {part}", part=part, promise="", begin=nothing, pairs=how != "drain")
    for part in ("jobs", "gateway", "node")
    for how in ("kill", "stop", "drain")
]


def test_each_fault_comes_once_and_two_at_once_hit_two_parts():
    steps = in_order(FAULTS, 4, Random(1))

    assert sorted(step[0].name for step in steps if len(step) == 1) == sorted(
        each.name for each in FAULTS
    )
    both = [step for step in steps if len(step) == 2]
    assert len(both) == 4
    assert all(first.part != second.part for first, second in both)
    assert not any("drain" in each.name for step in both for each in step)


def test_a_seed_determines_the_order():
    assert in_order(FAULTS, 2, Random(7)) == in_order(FAULTS, 2, Random(7))
    assert in_order(FAULTS, 2, Random(7)) != in_order(FAULTS, 2, Random(8))


def test_one_part_alone_has_no_pairs():
    assert len(in_order(FAULTS[:3], 2, Random(1))) == 3


def test_faults_are_chosen_by_words_of_their_names():
    assert [each.name for each in only(FAULTS, ["kill of j", "drain of n"])] == [
        "kill of jobs",
        "drain of node",
    ]
    assert only(FAULTS, []) == FAULTS
