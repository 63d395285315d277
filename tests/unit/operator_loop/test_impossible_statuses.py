"""A status that no operator writes, such as one of a tenant, affects no decision."""

import pytest

from mare.custom_resource.status import read_estimates, read_surges

HUGE = 10**400
ESTIMATES = ("arrivalRate", "capacityPerReplica", "workersPerReplica", "startSeconds")
VALUES = (0, 0.0, -1, 1e-320, 1e308, HUGE, float("nan"), float("inf"), "many", None, [])
SURGES = (
    "2026-13-45T99:00:00Z 1 1",
    "9999-12-31T23:59:59Z 1 1",
    "0001-01-01T00:00:00 1 1",
    f"2026-01-01T00:00:00Z {HUGE} 1",
    "2026-01-01T00:00:00Z 1 nan",
    "2026-01-01T00:00:00Z 0 0",
    "yesterday",
    "",
)


STARTING = {
    "since": "2026-01-01T00:00:00Z",
    "time": "2026-01-01T00:01:00Z",
    "first": 0,
    "ready": 600,
    "uncounted": 500,
}
TIMERS = (
    {"quietSince": "0001-01-01T00:00:00+14:00", "published": 0},
    {"unknownSince": "0001-01-01T00:00:00+14:00"},
    {"unknownSince": "9999-12-31T23:59:59-14:00"},
    {"quietSince": "2026-01-01T00:00:00Z", "published": -1},
    {"scaleEvents": ["0001-01-01T00:00:00Z 1", "x", "", "x or earlier", " or earlier"]},
    {"starting": {"since": "2026-01-01T00:00:00Z", "time": "x", "ready": 1}},
    {"starting": {**STARTING, "time": "9999-01-01T00:00:00Z"}},
    {"starting": {**STARTING, "since": "2027-01-01T00:00:00Z"}},
    {"starting": {**STARTING, "uncounted": HUGE}},
    {"starting": {**STARTING, "ready": -1, "crashLoop": "yes"}},
    {"unready": {"since": "9999-12-31T23:59:59-14:00", "replicas": 3, "ready": 0}},
    {"unready": {"since": "2026-01-01T00:00:00Z", "replicas": -3, "ready": HUGE}},
)


def statuses():
    for value in VALUES:
        yield {"estimates": dict.fromkeys(ESTIMATES, value)}
        for field in ESTIMATES:
            yield {"estimates": {field: value}}
    for timers in TIMERS:
        yield {"timers": timers}
    for surge in SURGES:
        yield {"forecast": {"surges": [surge]}}
    yield {"forecast": {"surges": list(SURGES) * 3}}
    yield {"estimates": dict.fromkeys(ESTIMATES, HUGE), "forecast": {"surges": list(SURGES)}}


@pytest.mark.parametrize("status", list(statuses()), ids=lambda status: str(status)[:60])
async def test_objects_of_the_same_secret_are_decided_whatever_a_status_says(world, status):
    """One value raised "Round failed" for all objects of the Secret."""
    wait = {"target": {"type": "QueueWaitTime", "waitSeconds": 2}, "minReplicas": 1}
    world.begin(2, 95, "hostile", status=status, **wait)
    world.begin(1, 95, "worker")
    await world.ticks(3)
    world.clock.now += 1_000  # old enough to write the estimates again
    await world.ticks(3)

    assert ("worker", 10) in world.workloads.done
    assert world.objects.condition("Ready", "hostile") == ("True", "Ready")
    assert not world.record.failures


def test_possible_values_are_kept():
    estimates = read_estimates({"estimates": dict.fromkeys(ESTIMATES, 2)})
    surges = read_surges({"forecast": {"surges": [*SURGES, "2026-01-01T00:00:00Z 2 1"]}})

    assert (estimates.arrival_rate, estimates.capacity_per_replica) == (2.0, 2.0)
    assert [each.rate for each in surges if each.rate == 2.0] == [2.0]
