"""The clock of decisions, on a machine whose system time is set while the operator runs."""

import time

import pytest

from mare.clock import SteadyClock
from mare.custom_resource.status_values import instant
from mare.domain.unknown import Unknown

HOUR = 3600.0
EIGHT = 1_764_489_600.0
"""2025-11-30T08:00:00Z."""
SCHEDULE = {"start": "0 8 * * *", "end": "0 18 * * *", "timezone": "UTC", "minReplicas": 4}


def test_setting_the_system_time_does_not_move_the_clock(monkeypatch: pytest.MonkeyPatch):
    begun = time.time()
    clock = SteadyClock()
    before = clock()
    assert begun - 1 <= before <= time.time() + 1

    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert clock() >= before


def test_the_offset_is_by_how_much_the_system_time_was_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "time", lambda: EIGHT)
    monkeypatch.setattr(time, "clock_gettime", lambda _: 100.0)
    clock = SteadyClock()
    offsets = []
    for set_to in (EIGHT + 0.9, EIGHT + HOUR + 0.3, EIGHT + HOUR + 0.9, EIGHT - HOUR, EIGHT + 0.4):
        monkeypatch.setattr(time, "time", lambda set_to=set_to: set_to)
        offsets.append(clock.offset)

    assert offsets == [0.0, HOUR, HOUR, -HOUR, 0.0]


@pytest.mark.parametrize("started_late", [False, True])
async def test_a_schedule_follows_the_system_time_that_is_set_after_the_start(
    world, *, started_late: bool
):
    world.clock.now = EIGHT + 60 + (HOUR if started_late else -HOUR)
    world.begin(1, 0, minReplicas=1, schedules=[SCHEDULE])
    await world.tick()
    assert world.workloads.done == ([("worker", 4)] if started_late else [])
    world.clock.offset = -2 * HOUR if started_late else HOUR
    await world.ticks(60)
    assert world.workloads.done[-1] == (("worker", 1) if started_late else ("worker", 4))


async def test_a_window_neither_ends_nor_lasts_longer_when_the_system_time_is_set(world):
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 120}}
    world.begin(5, 10, minReplicas=1, behavior=behavior)
    await world.tick()
    world.clock.offset = HOUR
    await world.ticks(118)
    assert world.workloads.done == []
    world.clock.offset = -HOUR
    await world.ticks(4)
    assert world.workloads.done == [("worker", 1)]


async def test_a_successor_with_the_right_time_continues_the_timers_of_one_with_a_wrong_start(
    world,
):
    spec = {"fallback": {"replicas": 10, "afterSeconds": 120}, "minReplicas": 1}
    world.begin(2, 0, **spec)
    await world.tick()
    world.clock.offset = HOUR
    world.brokers.away["broker"] = Unknown("BrokerUnreachable", "the broker is away")
    await world.tick()
    begun = world.clock.now
    assert world.objects.status()["timers"]["unknownSince"] == instant(begun + HOUR)
    await world.ticks(60)
    assert world.workloads.done == []
    world.clock.now += HOUR
    world.clock.offset = 0.0
    await world.restart(**spec)
    await world.ticks(58)
    assert world.workloads.done == []
    await world.ticks(4)
    assert world.workloads.done == [("worker", 10)]


async def test_the_times_of_a_status_are_those_of_the_system(world):
    world.begin(1, 95, minReplicas=1)
    world.clock.offset = HOUR
    await world.tick()
    now = instant(world.clock.now + HOUR)
    status = world.objects.status()
    assert status["lastScaleTime"] == status["lastActiveTime"] == now
    assert status["lastDecision"]["time"] == status["decisions"][0]["time"] == now
    assert status["queues"][0]["time"] == now
    assert {each["lastTransitionTime"] for each in status["conditions"]} == {now}
