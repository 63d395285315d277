"""What the loop keeps of objects: readings, deletions, and estimates worth a status write."""

from dataclasses import replace

import pytest

from mare.custom_resource.autoscaler import Key
from mare.domain.estimates import Estimates
from mare.domain.learning import Learning
from mare.domain.unknown import Unknown
from mare.loop import record
from mare.tenant_lines import Stock
from tests.unit.operator_loop.worlds import World

WORKER = ("shop", "worker")


async def test_the_record_keeps_what_was_seen_and_decided(world):
    world.begin(0, 95)
    await world.ticks(4)

    past = world.history
    newest, oldest = past.decisions.newest_first()
    assert (oldest.decision.current, oldest.decision.replicas, newest.samples) == (0, 10, 3)
    assert (oldest.at, newest.last) == (world.clock.now - 3, world.clock.now)
    samples = [numbers for _, numbers in past.series[0].samples(world.clock.now)]
    assert [numbers.depth for numbers in samples] == [95] * 4
    assert [numbers[2:] for numbers in samples] == [(0, 0, 10), *[(0, 10, 10)] * 3]
    assert past.changed_at == world.clock.now - 2
    assert isinstance(past.view.reading.busy, Unknown)


@pytest.mark.parametrize("ready", [0, 95])
async def test_a_wait_is_recorded_where_it_is_known(world, ready: int):
    world.begin(1, ready)
    await world.tick()

    ((_, sample),) = world.history.series[0].samples(world.clock.now)
    assert (sample.wait_seconds == 0.0) == (ready == 0)


async def test_objects_beyond_the_bound_of_their_namespace_have_no_charts_until_others_are_deleted(
    world, monkeypatch: pytest.MonkeyPatch
):
    """All were recorded for 24 hours, in up to 100 KB each, also those that were not read."""
    monkeypatch.setattr(record, "RECORDED_OBJECTS", Stock("objects with charts", 3))

    def recorded(world: World, namespace: str) -> list[str]:
        return [
            key.name
            for key, past in world.record.histories.items()
            if key.namespace == namespace
            and any(past.decisions.newest_first())
            and any(past.series[0].samples(world.clock.now))
        ]

    for number in range(5):
        world.begin(1, 20, f"w{number}", namespace="hostile")
    world.begin(1, 20)
    await world.tick()
    first = recorded(world, "hostile")
    assert len(first) == 3
    assert recorded(world, "shop") == ["worker"]
    world.loop.remove(Key("hostile", first[0]), f"uid-{first[0]}")
    await world.ticks(3)
    assert {*first[1:]} < {*recorded(world, "hostile")}
    assert len(recorded(world, "hostile")) == 3
    assert len(world.record.histories) == 5

    assert len(world.workloads.done) >= 5


async def test_objects_that_another_replica_leads_leave_their_budget_to_others(
    world, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(record, "RECORDED_OBJECTS", Stock("objects with charts", 1))
    world.begin(1, 20, "first")
    await world.tick()
    world.record.clear()
    assert dict(world.record.histories) == {}
    world.loop.remove(Key("shop", "first"), "uid-first")
    world.begin(1, 20, "second")
    await world.tick()
    assert world.record.histories["shop", "second"].is_recorded


async def test_replicas_that_are_not_ready_are_missed_since_the_last_change(world):
    since = []
    world.begin(5, 50)
    for replicas, ready in ((5, 5), (5, 4), (5, 3), (6, 3), (6, 3), (6, 6), (6, 5)):
        world.brokers.ready["worker"] = 10 * replicas
        world.workloads.scales["worker"] = replace(
            world.workloads.scales["worker"], replicas=replicas, ready=ready
        )
        await world.tick()
        since.append(world.history.short_since)

    begun = world.clock.now - 7
    assert since == [None, begun + 2, begun + 2, begun + 4, begun + 4, None, begun + 7]


@pytest.mark.parametrize("names", [1_024, 1_025])
async def test_as_many_deletions_are_remembered_as_late_events_can_have_missed(world, names):
    for number in range(names):
        world.loop.remove(Key("shop", f"w{number}"), f"uid-w{number}")
    for number in (0, 1, names - 1):
        world.put(f"w{number}")

    assert len(world.loop.autoscalers) == names - 1_024


@pytest.mark.parametrize(
    ("learnt", "writes"), [(4.0, 0), (5.0, 0), (5.3, 1), (2.9, 0), (2.7, 1), (None, 0)]
)
async def test_a_capacity_that_has_changed_by_a_third_is_written_after_five_minutes(
    world, learnt, writes
):
    unknown = Unknown("NotMeasured", "-")
    estimates = Estimates(capacity_per_replica=unknown if learnt is None else learnt)
    world.begin(1, 5, minReplicas=1, status={"estimates": {"capacityPerReplica": 4.0}})
    await world.ticks(20)
    world.objects.statuses.clear()
    state = world.loop._states[WORKER]
    state.history = replace(state.history, learning=Learning(estimates=estimates))
    await world.ticks(270)
    assert world.objects.statuses == []
    await world.ticks(30)

    assert len(world.objects.statuses) == writes
