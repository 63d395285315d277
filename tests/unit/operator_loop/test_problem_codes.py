"""Each code of a problem has its place in docs/explain.md, and the other way round."""

import re
from pathlib import Path

import pytest

from mare.custom_resource import condition
from mare.dashboard.summary import attention, facts_of
from mare.explanation import problems
from mare.explanation.problems import problems_of
from tests.unit.operator_loop.worlds import OF_WORKER

ROOT = Path(__file__).parents[3]


def test_every_code_is_documented():
    table = Path(condition.__file__).with_name("conditions.json")
    source = table.read_text() + Path(problems.__file__).read_text()
    page = (ROOT / "docs/explain.md").read_text()
    documented = re.findall(r"^### (MARE\d{3})$", page, re.MULTILINE)
    assert sorted(set(re.findall(r"MARE\d{3}", source))) == documented


@pytest.mark.parametrize(
    ("spec", "replicas", "ignores_deletion_cost", "code", "advised"),
    [
        ({}, "many", False, "MARE016", "report the problem"),
        (
            {"victims": {"policy": "IdleOnly"}},
            5,
            True,
            "MARE017",
            "scale a Deployment",
        ),
        (
            {"schedules": [{"start": "0 7 * * *", "end": "x", "minReplicas": 2}]},
            5,
            False,
            "MARE022",
            "spec.schedules",
        ),
    ],
)
async def test_what_is_wrong_with_an_object_has_a_code_and_an_advice(
    world, spec: dict, replicas: object, code: str, advised: str, *, ignores_deletion_cost: bool
):
    world.workloads.have("worker", replicas, ignores_deletion_cost=ignores_deletion_cost)
    world.brokers.ready["worker"] = 45
    world.put(**spec)
    await world.tick()

    (problem,) = problems_of(facts_of(world.history))
    assert problem.code == code
    assert advised in problem.advice


@pytest.mark.parametrize(
    ("consumers", "expected"), [(0, ["MARE025"]), (1, ["MARE021"])], ids=["unread", "read"]
)
async def test_more_replicas_are_advised_only_if_those_there_are_consume(
    world, consumers: int, expected: list[str]
):
    world.brokers.consumers = consumers
    world.begin(20, 999, maxReplicas=20)
    await world.tick()

    found = problems_of(facts_of(world.history))
    assert [each.code for each in found] == expected


async def test_a_load_that_needs_more_than_the_maximum_is_behind_though_no_message_waits_long(
    world,
):
    """The list counted no object that needs attention, beside "at maximum, 56 more needed"."""
    targets = [
        {"type": "QueueWaitTime", "waitSeconds": 60, "capacityPerReplica": 10},
        {"type": "QueueLength", "messagesPerReplica": 1},
    ]
    world.begin(4, 60, maxReplicas=4, target=None, targets=targets)
    await world.tick()

    facts = facts_of(world.history)
    assert (facts.wait_seconds, facts.missing_replicas, attention(facts)) == (1.5, 56, "behind")


async def test_a_load_within_the_tolerance_of_the_maximum_is_not_behind(world):
    """5 replicas of at most 5 were at the target, and "too few", and raised MareAtMaximum."""
    world.begin(5, 52, maxReplicas=5)
    await world.tick()

    facts = facts_of(world.history)

    assert facts.decision.limited_by == ()
    assert (facts.missing_replicas, attention(facts), problems_of(facts)) == (0, "none", ())
    assert world.metric("missing_replicas", **OF_WORKER) == 0
