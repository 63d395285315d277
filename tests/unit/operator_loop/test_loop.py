"""The loop with everything around it replaced: what it does with objects, errors and time."""

from dataclasses import replace

import pytest

from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, NotFound
from tests.unit.operator_loop.worlds import AT_ONCE, OF_WORKER


async def test_a_deep_queue_activates_a_workload_in_one_step_and_the_status_has_it(world):
    world.begin(0, 95)
    await world.tick()

    assert world.workloads.done == [("worker", 10)]
    status = world.objects.last()
    assert (status["currentReplicas"], status["desiredReplicas"]) == (10, 10)
    assert status["lastDecision"]["from"] == 0
    assert status["depth"] == 95
    assert world.objects.events == [("worker", "Normal", "Activated")]


async def test_a_burst_is_read_again_at_once_while_each_reading_raises_the_count(world):
    at: list[float] = []
    world.begin(0, 0)
    await world.tick()
    published = iter((35, 95))  # the second half follows 0.05 s after the first
    for _ in range(20):
        before = len(world.brokers.reads)
        await world.tick(0.05)
        if len(world.brokers.reads) > before:
            at.append(round(world.clock.now % 10, 2))
            world.brokers.ready["worker"] = next(published, 95)

    assert world.workloads.done == [("worker", 4), ("worker", 10)]
    assert at == [1.25, 1.5, 1.55, 1.6, 1.75, 2.0]  # after the last rise at the usual turns


async def test_while_nothing_changes_nothing_is_written(world):
    world.begin(0, 95)
    await world.tick()
    world.workloads.scales["worker"] = replace(world.workloads.scales["worker"], ready=10)
    await world.ticks(20)
    world.objects.statuses.clear()
    world.objects.events.clear()
    await world.ticks(200)

    assert world.objects.statuses == []
    assert world.objects.events == []
    assert world.workloads.done == [("worker", 10)]


async def test_a_follower_reads_no_queue_and_a_new_leader_does_not_scale_down_at_once(world):
    world.leads = False
    window = {"scaleDown": {"stabilizationWindowSeconds": 30}}
    world.begin(10, 5, behavior=window, minReplicas=1)
    await world.tick()
    assert world.brokers.reads == []
    world.leads = True
    await world.ticks(29)
    assert world.workloads.done == []
    await world.ticks(4)

    assert world.workloads.done == [("worker", 1)]


async def test_a_new_leader_continues_from_the_last_status(world):
    past = {
        "time": "1970-01-01T00:00:00Z",
        "from": 1,
        "to": 2,
        "reason": "Activated",
        "message": ".",
    }
    written = {"decisions": [past], "lastDecision": past, "estimates": {"startSeconds": 7.0}}
    world.leads = False
    world.begin(0, 95)
    await world.tick()
    world.put(status=written)
    world.leads = True
    await world.tick()

    status = world.objects.last()

    assert world.history.view.estimates.start_seconds == 7.0
    assert [each["to"] for each in status["decisions"]] == [10, 2]
    assert status["estimates"]["startSeconds"] == 7.0


async def test_metrics_of_objects_are_removed_when_leadership_is_lost(world):
    world.workloads.have("worker", 3)
    world.put()
    await world.tick()
    assert world.metric("queues_unknown", **OF_WORKER) == 1
    world.leads = False
    await world.tick()
    assert world.metric("leader") == 0
    assert world.metric("queues_unknown", **OF_WORKER) is None
    world.leads = True
    await world.tick()
    assert world.metric("queues_unknown", **OF_WORKER) == 1
    assert [n.depth for _, n in world.history.series[0].samples(world.clock.now)]


async def test_an_unknown_queue_holds_the_count(world):
    world.workloads.have("worker", 10)
    world.put(**AT_ONCE)
    await world.ticks(100)

    assert world.workloads.done == []
    assert world.objects.condition("MetricsFresh") == ("False", "QueueNotFound")
    assert "depth" in world.objects.last()
    assert world.objects.last()["depth"] is None


async def test_an_object_whose_status_write_finds_no_object_is_read_and_written_later(world):
    world.objects.error = NotFound("the server could not find the requested resource")
    world.begin(0, 0)
    await world.tick()
    world.objects.error = None
    world.brokers.ready["worker"] = 95
    await world.ticks(3)

    assert world.workloads.done == [("worker", 10)]
    assert world.objects.last()["currentReplicas"] == 10


async def test_idle_replicas_are_marked_immediately_before_a_scale_down(world):
    world.brokers.busy = {"10.0.0.1": 3, "10.0.0.2": 0}
    world.begin(5, 30, **AT_ONCE)
    await world.ticks(3)

    assert world.workloads.done == [("worker", 3)]
    [removal] = world.workloads.preferred
    assert removal.count == 2
    assert sorted(removal.costs, key=removal.costs.__getitem__) == ["10.0.0.2", "10.0.0.1"]


async def test_a_dry_run_decides_and_reports_but_changes_nothing(world):
    world.begin(0, 95, dryRun=True)
    await world.ticks(20)

    assert world.workloads.done == []
    assert world.objects.last()["desiredReplicas"] == 10
    assert world.objects.condition("Ready") == ("True", "DryRun")
    assert len(world.objects.statuses) <= 2


@pytest.mark.parametrize("why", ["dryRun", "conflict", "refused"])
async def test_decisions_that_are_not_carried_out_are_written_once_they_settle(world, why: str):
    world.workloads.have("worker", 5)
    if why == "conflict":
        world.conflicts.conflicting = "HorizontalPodAutoscaler worker"
    if why == "refused":
        world.workloads.errors["worker"] = AccessRefused("not allowed")
    world.put(dryRun=why == "dryRun")
    for number in range(240):
        world.brokers.ready["worker"] = 100 + 37 * number % 300
        await world.tick(0.25)

    assert len(world.objects.statuses) <= 9
    decisions = [each["decisions"] for _, each in world.objects.statuses if "decisions" in each]
    assert len(decisions[-1]) <= 2
    lines = list(world.history.decisions.newest_first())
    assert len(lines) <= 2


async def test_the_status_keeps_changes_and_what_lasted_rather_than_what_passed(world):
    world.workloads.have("worker", 1)
    world.put(minReplicas=1)
    for second in range(600):
        gone = Unknown("QueueNotFound", "queue worker does not exist")
        many = 900 if second < 20 or second // 11 % 2 else 500
        world.brokers.ready["worker"] = gone if 20 <= second < 180 else many
        await world.tick()

    status = world.objects.last()
    decisions = [(each["from"], each["to"], each["reason"]) for each in status["decisions"]]
    assert decisions[1:] == [(50, 50, "QueuesUnknown"), (1, 50, "TooManyReplicas")]
    assert decisions[0][:2] == (50, 50)
    assert status["lastDecision"]["reason"] == decisions[0][2]


async def test_a_missing_workload_is_reported(world):
    world.brokers.ready["worker"] = 0
    world.put()
    await world.tick()

    assert world.objects.condition("AbleToScale") == ("False", "WorkloadNotFound")


async def test_few_objects_are_read_four_times_a_second(world):
    world.begin(0, 0)
    await world.tick()
    world.brokers.reads.clear()
    await world.ticks(100, 0.1)

    assert len(world.brokers.reads) == pytest.approx(40, abs=8)


async def test_a_thousand_objects_are_read_once_a_second_spread_over_it(world):
    for number in range(1000):
        name = f"w{number}"
        world.begin(0, 0, name)
    await world.ticks(3, 1)
    await world.ticks(20, 0.1)
    world.brokers.reads.clear()
    await world.ticks(10, 0.1)

    reads = world.brokers.reads
    assert sum(map(len, reads)) == pytest.approx(1000, rel=0.15)
    assert max(map(len, reads)) < 300
