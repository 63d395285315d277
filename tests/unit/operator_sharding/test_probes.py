"""Each probe is matched with the change after it, and a run has to have probes until its end."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tests.audit import Request
from tests.integration.operator.sharded import Probe, ShardedStage, delays, repeated
from tests.load.shards import failures

KEYS = [("team-a", "worker-0"), ("team-b", "worker-1")]
GOOD: dict[str, Any] = {
    "repeated": [],
    "by_others": [],
    "unanswered": [],
    "probes_after_the_last_kill": 9,
}


def change(at: float, replicas: int) -> Request:
    return Request(
        time=datetime.fromtimestamp(at, UTC),
        user="mare-a",
        verb="patch",
        resource="deployments/scale",
        namespace="team-a",
        name="worker-0",
        code=200,
        body={"spec": {"replicas": replicas}},
    )


class Changes:
    def __init__(self, *changes: Request) -> None:
        self._changes = list(changes)

    def patches(self) -> dict[tuple[str, str], list[Request]]:
        return {("team-a", "worker-0"): self._changes}


def stage(*changes: Request) -> ShardedStage:
    return cast("ShardedStage", Changes(*changes))


def test_each_probe_has_its_own_change_and_one_may_be_for_two():
    probes = [Probe(100.0 * n, "team-a", "worker-0") for n in (1, 2, 3, 4)]

    found = delays(stage(change(101, 1), change(305, 3)), probes)

    assert list(found.values()) == [1, 105, 5, None]


def test_a_change_of_a_later_round_that_is_made_twice_is_found():
    assert repeated(stage(change(101, 1), change(202, 2), change(203, 2))) == [KEYS[0]]


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ({}, []),
        ({"repeated": KEYS}, ["repeated"]),
        ({"by_others": KEYS}, ["by_others"]),
        ({"unanswered": ["team-a/worker-0"]}, ["unanswered"]),
        ({"probes_after_the_last_kill": 0}, ["no probes after the last kill"]),
    ],
)
def test_a_run_fails_on_changes_of_others_and_without_probes(
    result: dict[str, Any], failed: list[str]
):
    assert failures(GOOD | result) == failed
