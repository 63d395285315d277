"""The figures of the dashboard agree with one another, and with the status."""

from dataclasses import replace

import pytest

from mare.custom_resource import status_values
from mare.dashboard.summary import drain_of, facts_of, summary
from mare.domain.estimates import Estimates
from mare.domain.reason import Reason
from mare.explanation.constraint import Verdict, constraint_of, verdict_of
from mare.explanation.next_changes import next_changes

WAIT = {"type": "QueueWaitTime", "waitSeconds": 2, "capacityPerReplica": 10}


@pytest.mark.parametrize(
    ("rate", "seconds", "estimate"),
    [
        (40.04, 9.5, "estimate: 40 in, up to 50 out"),
        (55.0, None, "estimate: 55 in, up to 50 out"),
    ],
)
async def test_the_time_until_the_backlog_is_cleared_is_an_estimate_with_its_numbers(
    world, rate: float, seconds: float | None, estimate: str
):
    """It said "growing" at "the present rates" of 182 messages/s in and 185 out."""
    world.begin(5, 95, maxReplicas=5, target=WAIT)
    await world.tick()

    history = world.history
    estimates = Estimates(arrival_rate=rate, capacity_per_replica=10.0)
    facts = replace(facts_of(history), estimates=estimates)

    found = drain_of(facts, history.view.reading.queues)

    assert (found["value"], found["estimate"]["text"]) == (seconds, estimate)
    assert seconds or found["unknown"]["reason"] == "NotDraining"


async def test_without_a_backlog_nothing_is_estimated(world):
    world.begin(5, 0, target=WAIT)
    await world.tick()

    shown = summary(world.history, world.clock.now)

    assert (shown["drain"]["value"], shown["drain"]["estimate"]) == (0, None)


async def test_the_wait_of_a_dry_run_is_that_of_the_replicas_that_are_there(world):
    """The status had that of the replicas which the dry run does not start."""
    world.begin(2, 95, dryRun=True, target=WAIT)
    await world.tick()

    view = world.history.view

    assert view.wait_seconds == 95 / 20
    assert world.objects.status()["wait"] == status_values.wait(view.wait_seconds)


@pytest.mark.parametrize(("spec", "code"), [({"dryRun": True}, "DryRun"), ({}, "PodsPending")])
async def test_the_end_of_a_limit_is_not_shown_beside_another_one(world, spec: dict, code: str):
    """The chip said "pods pending, 12 s": the end of the stabilization window."""
    world.begin(10, 95, **spec)
    world.workloads.scales["worker"] = replace(world.workloads.scales["worker"], ready=1)
    await world.ticks(60)
    world.brokers.ready["worker"] = 20
    await world.tick()

    history = world.history
    shown = summary(history, world.clock.now)

    assert history.view.decision.until is not None
    assert shown["constraint"] == {"code": code, "until": None}


async def test_a_count_that_a_forecast_keeps_is_limited_by_it_and_on_target(world):
    """It was "limited by nothing: the count follows the load", which needs 1 replica of 7."""
    world.begin(7, 70)
    await world.tick()

    facts = facts_of(world.history)
    due = replace(facts, decision=replace(facts.decision, reason=Reason.FORECAST, raw=1))

    assert (constraint_of(due), verdict_of(due)) == (Reason.FORECAST, Verdict.ON_TARGET)


async def test_what_comes_next_at_the_maximum_is_no_limit_of_now(world):
    """ "cannot scale up beyond maxReplicas" stood beside "limited by nothing"."""
    world.begin(10, 100, maxReplicas=10)
    await world.tick()

    facts = facts_of(world.history)
    assert constraint_of(facts) is Reason.DESIRED_WITHIN_RANGE
    assert next_changes(facts, facts.at)[0] == (
        "does not scale up at more messages, because maxReplicas is 10"
    )
