"""Replicas that do not become ready are a condition, an Event and a metric, with their cause."""

import pytest

from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Scale, Unavailable
from tests.unit.operator_loop.worlds import OF_WORKER, World

CAUSE = "No replica consumes: 12 of 12 are not ready for 5 min (ImagePullBackOff)"


def have(world: World, replicas: int, ready: int | Unknown) -> None:
    world.workloads.scales["worker"] = Scale(
        replicas=replicas, version="1", ready=ready, selector="app=worker"
    )


async def is_unready(
    world: World, seconds: int = 330, replicas: int = 12, ready: int | Unknown = 0, **fields
) -> None:
    """Let a workload have replicas that are not ready for a time."""
    have(world, replicas, ready)
    world.brokers.consumers = fields.pop("consumers", 0)
    world.brokers.ready["worker"] = 120
    world.put(**fields)
    await world.ticks(seconds // 5, 5)


def conditions(world: World, kind: str) -> list[dict]:
    """Return the conditions of a type in each status that was written."""
    statuses = [status for _, status in world.objects.statuses]
    return [c for status in statuses for c in status["conditions"] if c["type"] == kind]


async def test_replicas_that_are_not_ready_for_five_minutes_are_reported_with_the_cause(world):
    world.workloads.unready = "ImagePullBackOff"
    await is_unready(world, 290)
    assert world.metric("unready_replicas", **OF_WORKER) == 0
    assert not world.objects.events
    await world.ticks(8, 5)

    found = conditions(world, "ReplicasReady")[-1]
    assert (found["status"], found["reason"], found["message"]) == (
        "False",
        "ReplicasNotReady",
        CAUSE,
    )
    ready = conditions(world, "Ready")[-1]
    assert (ready["status"], ready["reason"]) == ("False", "ReplicasNotReady")
    assert world.objects.events.count(("worker", "Warning", "ReplicasNotReady")) == 1
    assert world.metric("unready_replicas", **OF_WORKER) == 12


async def test_the_pods_are_read_once_a_minute_and_not_before_it_takes_long(world):
    await is_unready(world, 265)
    assert world.workloads.unready_reads == 0
    await world.ticks(120, 5)

    assert world.workloads.unready_reads in {10, 11}


@pytest.mark.parametrize(("error", "reads"), [(AccessRefused("no right"), 1), (Unavailable(""), 5)])
async def test_without_the_cause_the_counts_are_reported(world, error, reads):
    world.workloads.unready = error
    await is_unready(world, 550)
    assert world.workloads.unready_reads == reads

    found = conditions(world, "ReplicasReady")[-1]
    assert found["message"] == "No replica consumes: 12 of 12 are not ready for 5 min"


async def test_the_object_stays_ready_while_some_replicas_are(world):
    world.workloads.unready = "Unschedulable: 0/3 nodes are available"
    await is_unready(world, ready=8, consumers=8)

    assert conditions(world, "ReplicasReady")[-1]["message"] == (
        "4 of 12 replicas are not ready for 5 min (Unschedulable: 0/3 nodes are available)"
    )
    assert conditions(world, "Ready")[-1]["status"] == "True"
    assert world.metric("unready_replicas", **OF_WORKER) == 4


async def test_a_workload_that_does_not_report_ready_replicas_is_not_judged(world):
    await is_unready(world, 400, ready=Unknown("NotReported", "/scale has no ready replicas"))

    found = conditions(world, "ReplicasReady")[-1]
    assert (found["status"], found["reason"]) == ("Unknown", "NotReported")
    assert world.workloads.unready_reads == 0
    assert world.metric("unready_replicas", **OF_WORKER) is None


async def test_the_condition_ends_when_the_replicas_are_ready(world):
    world.workloads.unready = "ImagePullBackOff"
    await is_unready(world)
    have(world, 12, 12)
    world.brokers.consumers = 12
    await world.ticks(10, 5)

    assert conditions(world, "ReplicasReady")[-1]["status"] == "True"
    assert conditions(world, "Ready")[-1]["status"] == "True"
    assert world.metric("unready_replicas", **OF_WORKER) == 0
