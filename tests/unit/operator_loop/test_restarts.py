"""What an operator that starts anew, or a new leader, continues."""

import asyncio
from typing import Any

import pytest

from mare.custom_resource.status import read_estimates
from mare.domain.estimates import Estimates
from mare.domain.unknown import Unknown
from tests.unit.operator_loop.worlds import AT_ONCE

AWAY = Unknown("BrokerUnreachable", "the broker does not answer")
SLOW_UP = {
    "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 1800}]},
    "scaleDown": {"stabilizationWindowSeconds": 0},
}
SLOW_DOWN = {
    "scaleDown": {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 1800}],
    }
}


async def test_the_fallback_comes_although_the_leader_changes_every_100_seconds(
    world, change_leader
):
    spec = {"fallback": {"replicas": 10, "afterSeconds": 120}, "minReplicas": 1}
    world.begin(2, 0, **spec)
    await world.tick()
    world.brokers.away["broker"] = AWAY
    begun = world.clock.now
    while world.clock.now < begun + 600 and not world.workloads.done:
        if int(world.clock.now - begun) % 100 == 99:
            await change_leader(**spec)
        await world.tick()
    assert world.workloads.done == [("worker", 10)]
    assert 120 <= world.clock.now - begun <= 125


async def test_a_leader_reads_for_15_seconds_itself_before_the_fallback_applies(world):
    """An outage of which only the begin is known: its first reads can fail for its own reasons."""
    spec = {"fallback": {"replicas": 10, "afterSeconds": 120}, "minReplicas": 1}
    world.begin(2, 0, **spec)
    await world.tick()
    world.brokers.away["broker"] = AWAY
    await world.tick()
    world.clock.now += 3600
    await world.restart(**spec)
    for _ in range(15):
        await world.tick()
        assert world.workloads.done == []
    await world.tick()
    assert world.workloads.done == [("worker", 10)]


async def test_a_reading_ends_the_clock_of_the_fallback(world):
    spec = {"fallback": {"replicas": 10, "afterSeconds": 120}, "minReplicas": 1}
    world.begin(2, 0, **spec)
    world.brokers.away["broker"] = AWAY
    await world.ticks(100)
    del world.brokers.away["broker"]
    await world.ticks(15)
    assert "unknownSince" not in world.objects.status().get("timers", {})
    world.brokers.away["broker"] = AWAY
    await world.restart(**spec)
    await world.ticks(100)
    assert world.workloads.done == []


@pytest.mark.parametrize(
    ("behavior", "ready", "counts"),
    [(SLOW_UP, 500, [2]), (SLOW_DOWN, 10, [19])],
)
@pytest.mark.parametrize("stops", ["after the status", "before the status"])
async def test_a_policy_of_one_pod_in_30_minutes_makes_one_step_whatever_the_leader_does(
    world, change_leader, *, behavior: dict, ready: int, counts: list[int], stops: str
):
    spec = {"behavior": behavior, "minReplicas": 1, "maxReplicas": 50}
    spec |= {"victims": {"policy": "Default"}}
    start = 1 if behavior is SLOW_UP else 20
    if stops == "before the status":
        send = world.workloads.scale

        async def stop_after(*arguments: Any) -> None:
            await send(*arguments)
            world.objects.answers = asyncio.Event()

        world.workloads.scale = stop_after
    world.begin(start, ready, **spec)
    for second in range(250):
        if second % 60 == 40:
            world.objects.answers = None
            await change_leader(**spec)
        await world.tick()
    assert [count for _, count in world.workloads.done] == counts


async def test_the_next_step_of_a_long_policy_comes_when_its_period_ends(world):
    spec = {"behavior": SLOW_UP, "minReplicas": 1}
    world.begin(1, 500, **spec)
    await world.tick()
    begun = world.clock.now
    assert world.workloads.done == [("worker", 2)]
    while len(world.workloads.done) == 1:
        await world.tick(20)
        await world.restart(**spec)
        await world.tick(0)
    assert 1800 <= world.clock.now - begun <= 1825


async def test_the_cooldown_goes_on_under_a_new_leader_if_no_message_came(world, change_leader):
    spec = {"behavior": AT_ONCE["behavior"], "idle": {"cooldownSeconds": 300}}
    world.brokers.published = 70
    world.begin(1, 0, **spec)
    begun = world.clock.now
    while world.clock.now < begun + 900 and not world.workloads.done:
        if int(world.clock.now - begun) % 100 == 99:
            await change_leader(**spec)
        await world.tick()
    assert world.workloads.done == [("worker", 0)]
    assert 300 <= world.clock.now - begun <= 305


async def test_the_cooldown_goes_on_although_it_was_confirmed_after_the_status_was_written(
    world, change_leader
):
    spec = {"behavior": AT_ONCE["behavior"], "idle": {"cooldownSeconds": 300}}
    world.brokers.published = 70
    world.brokers.unacknowledged = 1
    world.begin(1, 0, **spec)
    await world.ticks(20)
    world.brokers.unacknowledged, world.brokers.published = 0, Unknown("NotReported", "old")
    await world.ticks(20)
    world.brokers.published = 70
    await world.ticks(60)
    begun = world.clock.now - 80
    await change_leader(**spec)
    while world.clock.now < begun + 900 and not world.workloads.done:
        await world.tick()
    assert world.workloads.done == [("worker", 0)]
    assert 300 <= world.clock.now - begun <= 305


@pytest.mark.parametrize("published", [71, Unknown("NotReported", "no statistics")])
async def test_the_cooldown_begins_again_if_a_message_may_have_come_without_a_leader(
    world, published
):
    spec = {"behavior": AT_ONCE["behavior"], "idle": {"cooldownSeconds": 300}}
    world.brokers.published = 70
    world.begin(1, 0, **spec)
    await world.ticks(200)
    world.brokers.published = published
    await world.restart(**spec)
    await world.ticks(299)
    assert world.workloads.done == []
    await world.ticks(5)
    assert world.workloads.done == [("worker", 0)]


async def test_an_idle_workload_follows_a_minimum_that_was_raised_without_an_operator(
    world, change_leader
):
    world.begin(0, 0)
    await world.tick()
    await change_leader(minReplicas=2, generation=2)
    await world.tick()
    assert world.workloads.done[-1:] == [("worker", 2)]


async def test_a_count_of_0_set_by_hand_stays_under_a_new_leader(world, change_leader):
    world.begin(0, 100, minReplicas=2)
    await world.tick()
    await change_leader(minReplicas=2)
    await world.tick()
    assert world.workloads.done == []


async def test_a_status_of_another_workload_has_no_past(world):
    spec = {"behavior": SLOW_UP, "minReplicas": 1, "onDelete": "Restore"}
    world.begin(1, 500, **spec)
    await world.tick()
    assert world.objects.status()["originalReplicas"] == 1
    world.workloads.have("other", 7)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}
    await world.restart(generation=2, scaleTargetRef=target, **spec)
    await world.tick()
    assert world.workloads.done[-1] == ("other", 8)
    assert world.objects.status()["originalReplicas"] == 7


@pytest.mark.parametrize("case", ["missing", "kept", "scaled", "scaled, and no status after it"])
async def test_what_was_learnt_of_another_workload_is_in_no_later_status(world, case: str):
    world.begin(1, 5, minReplicas=1, status={"estimates": {"capacityPerReplica": 100.0}})
    await world.tick()
    assert read_estimates(world.objects.status()).capacity_per_replica == 100.0
    if case != "missing":
        world.workloads.have("other", 1)
    world.brokers.ready["worker"] = 500 if "scaled" in case else 5
    send = world.workloads.scale

    async def stop_after(*arguments: Any) -> None:
        await send(*arguments)
        world.objects.answers = asyncio.Event()

    if "no status" in case:
        world.workloads.scale = stop_after
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}
    world.put(generation=2, minReplicas=1, scaleTargetRef=target)
    await world.ticks(3)
    assert world.objects.status()["workload"] == "apps/Deployment/other"
    assert read_estimates(world.objects.status()) == Estimates()


async def test_jobs_of_before_are_in_no_status_of_a_workload(world):
    world.begin(1, 5, status={"workload": "batch/Job/worker", "jobs": {"running": 3}})
    await world.tick()
    assert world.objects.last()["jobs"] is None


async def test_many_scale_events_are_stored_in_32_that_free_no_policy_early(world):
    policies = [{"type": "Pods", "value": 100, "periodSeconds": 1800}]
    spec = {"behavior": {"scaleUp": {"policies": policies}}, "maxReplicas": 500, "minReplicas": 1}
    world.begin(1, 0, **spec)
    for count in range(2, 102):
        world.brokers.ready["worker"] = 10 * count
        await world.tick(15)
    begun = world.clock.now - 99 * 15
    world.brokers.ready["worker"] = 5000
    await world.tick()
    assert world.workloads.done[-1] == ("worker", 101)
    assert len(world.objects.status()["timers"]["scaleEvents"]) <= 32
    await world.restart(**spec)
    while world.workloads.done[-1] == ("worker", 101):
        await world.tick()
        assert world.clock.now <= begun + 1800 * 16 / 15 + 1
    assert world.clock.now >= begun + 1800


async def test_a_change_that_a_new_leader_finds_allows_no_larger_step_in_the_other_direction(world):
    """30 kills gave 5 → 1 replicas although a policy allowed 3 fewer."""
    up, down = (
        {"policies": [{"type": "Pods", "value": count, "periodSeconds": 20}]} for count in (2, 3)
    )
    behavior = {"scaleUp": up, "scaleDown": {**down, "stabilizationWindowSeconds": 0}}
    spec = {"behavior": behavior, "minReplicas": 1, "victims": {"policy": "Default"}}
    send = world.workloads.scale

    async def stop_after(*arguments: Any) -> None:
        await send(*arguments)
        await asyncio.Event().wait()

    world.workloads.scale = stop_after
    world.begin(5, 70, **spec)
    await world.tick()
    assert world.workloads.done == [("worker", 7)]
    world.workloads.scale, world.brokers.ready["worker"] = send, 0
    world.clock.now += 30
    for _ in range(2):  # the second leader reads what the first one has stored of it
        await world.restart(**spec)
        await world.tick()
    while len(world.workloads.done) == 1:
        await world.tick()
    assert world.workloads.done[1] == ("worker", 4)
