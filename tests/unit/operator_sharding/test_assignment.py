"""Which shard a namespace has, and what the Lease says about the leaders."""

import subprocess
import sys
from collections import Counter

import pytest

from mare.sharding.assignment import (
    ANNOTATION,
    Assignment,
    Member,
    group_of,
    read_assignment,
    shard_of,
    shards_of,
)


def test_a_namespace_has_the_same_shard_in_each_process():
    names = ["shop", "team-1", "a", "x" * 63]
    program = "from mare.sharding.assignment import shard_of; "
    program += f"print([shard_of(name, 10) for name in {names}])"
    printed = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    ).stdout
    assert printed.strip() == str([shard_of(name, 10) for name in names]) == "[4, 6, 3, 9]"


def test_without_shards_all_namespaces_belong_to_the_first():
    assert {shard_of(f"team-{number}", 1) for number in range(100)} == {0}


@pytest.mark.parametrize(("shards", "most"), [(2, 1.11), (3, 1.08), (10, 1.32)])
def test_a_thousand_namespaces_are_spread_evenly(shards: int, most: float):
    """`most` is the largest shard in shares of the mean, as docs/scaling-out.md has it."""
    largest = 0
    for prefix in ("team-", "ns-", "shop", "a-", "x"):
        counts = Counter(shard_of(f"{prefix}{number}", shards) for number in range(1000))
        assert len(counts) == shards
        largest = max(largest, *counts.values())
    assert largest * shards / 1000 == pytest.approx(most, abs=0.005)


def test_an_assignment_is_read_as_it_was_written():
    written = Assignment(
        {"a-1": Member(frozenset({2, 0}), "now", 4), "b-2": Member(frozenset(), "then", 4)}, "made"
    )
    assert read_assignment({"metadata": {"annotations": written.annotations()}}) == written
    assert (written.leader_of(2), written.leader_of(1)) == ("a-1", None)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"members":{"a":1},"made":""}', "{"])
def test_an_annotation_that_no_replica_writes_is_refused(text: str):
    with pytest.raises(ValueError, match=ANNOTATION):
        read_assignment({"metadata": {"annotations": {ANNOTATION: text}}})
    with pytest.raises(ValueError, match=ANNOTATION):
        read_assignment({"metadata": {}})


def test_a_holder_that_stands_for_shards_is_no_pod():
    assert shards_of(group_of(3)) == 3
    assert shards_of("mare-operator-6d4-x2-1f00aa") is None
