"""What the objects of one namespace cause does not delay the objects of another."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from mare.broker import networks
from mare.loop import quiet_checks
from mare.tenant_scheduler import QUIET_CHECKS, TenantScheduler
from tests.unit.operator_loop import tenant_work as work
from tests.unit.operator_loop.tenant_work import OWNERS, Server, Start
from tests.unit.operator_loop.worlds import AT_ONCE

HOSTILE = [f"hostile-{number}" for number in range(200)]


async def test_quiet_checks_that_hang_delay_nothing_of_another_namespace(world):
    """A broker that hangs held the places that all shared: others scaled up 153 to 191 s later."""
    world.brokers.silent = set(HOSTILE)
    for name in HOSTILE:
        world.begin(1, 0, name, namespace="hostile", **AT_ONCE)
    await world.ticks(20)
    world.begin(1, 0, **AT_ONCE)
    world.begin(1, 95, "busy")
    await world.ticks(3)

    assert world.workloads.done == [("busy", 10), ("worker", 0)]


async def test_changes_that_the_api_server_does_not_answer_do_not_delay_another_namespace(world):
    world.workloads.slow = set(HOSTILE)
    for name in HOSTILE:
        world.begin(1, 95, name, namespace="hostile")
    await world.tick()
    world.begin(1, 95)
    await world.ticks(3)

    assert world.workloads.done == [("worker", 10)]


async def test_endless_grace_periods_do_not_hide_a_killed_replica_of_another_namespace(world):
    down = {"minReplicas": 1, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}
    for number in range(1_000):
        name = f"hostile-{number}"
        world.workloads.have(name, 3, grace_seconds=10**9)
        world.brokers.ready[name] = 0
        world.put(name, namespace="hostile", **down)
    await world.ticks(6)
    assert len(world.workloads.done) == 1_000
    world.workloads.have("worker", 3, grace_seconds=0)
    world.brokers.ready["worker"] = 0
    world.workloads.killed = ["worker-b", None]
    world.put(**down)
    await world.ticks(6)

    assert ("worker", "Warning", "ReplicasKilled") in world.objects.events


@pytest.mark.parametrize(
    ("start", "of_namespace", "places"),
    [
        pytest.param(work.quiet_checks, 8, 64, id="quiet_checks"),
        pytest.param(work.scale_writes, 16, 32, id="scale_writes"),
        pytest.param(work.status_writes, 4, 8, id="status_writes"),
        pytest.param(work.pod_writes, 8, 16, id="pod_writes"),
        pytest.param(work.job_writes, 8, 16, id="job_writes"),
        pytest.param(work.restores, 4, 8, id="restores"),
        pytest.param(work.pod_reads, 2, 8, id="pod_reads"),
        pytest.param(work.kill_checks, 250, 1_000, id="kill_checks"),
        pytest.param(work.lookups, 4, 32, id="lookups"),
        pytest.param(work.decodings, 1, 2, id="decodings"),
    ],
)
def test_a_namespace_has_only_some_of_the_places(
    start: Start, of_namespace: int, places: int, monkeypatch: pytest.MonkeyPatch
):
    server, scheduler, namespaces = Server(), TenantScheduler(), 11
    resolving = SimpleNamespace(getaddrinfo=server.look_up, SOCK_STREAM=0)
    monkeypatch.setattr(networks, "socket", resolving)
    # On a busy machine, a check could reach its deadline.
    monkeypatch.setattr(quiet_checks, "QUIET_CHECKS", replace(QUIET_CHECKS, seconds=None))

    async def play() -> None:
        for number in range(namespaces):
            start(server, scheduler, f"hostile-{number}", of_namespace + 20)
        async with asyncio.timeout(60):
            while server.inside.total() < places:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        for _ in range(100):
            await asyncio.sleep(0)
        assert server.inside["hostile-0"] == max(server.inside.values()) == of_namespace
        assert server.inside.total() == places
        server.open()
        async with asyncio.timeout(60):
            while len(server.inside) < namespaces:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        OWNERS.clear()

    try:
        asyncio.run(play())
    finally:
        server.open()  # Threads that wait would keep the process from ending.


@pytest.mark.parametrize(
    ("start", "burst", "per_second"),
    [
        pytest.param(work.job_writes, 500, 20, id="rate_of_jobs"),
        pytest.param(work.pod_reads, 60, 0.5, id="rate_of_pod_reads"),
    ],
)
async def test_a_namespace_has_only_some_of_the_requests(
    start: Start, burst: int, per_second: float
):
    server, scheduler = Server(), TenantScheduler()
    server.opens.set()
    for seconds in (0, 10, 10):
        await asyncio.sleep(seconds)
        start(server, scheduler, "hostile", burst + 3)
        for _ in range(3_000):
            await asyncio.sleep(0)
    assert server.inside["hostile"] == burst + 20 * per_second
    start(server, scheduler, "honest", 1)
    await asyncio.sleep(0.1)
    assert server.inside["honest"] == 1
    OWNERS.clear()
