"""What the objects of one namespace cause does not delay the objects of another."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient
from mare.cluster.jobs import WatchedJobs
from mare.cluster.paths import ApiPath
from mare.cluster.pods import Pods
from mare.custom_resource.autoscaler import ScaleTarget, read_autoscaler
from mare.domain.jobs import Job, JobState
from mare.loop.record import Record
from mare.loop.restorer import ReplicaRestorer
from mare.loop.status_writer import StatusWriter
from mare.loop.target_owners import TargetOwners
from mare.loop.unready_causes import UnreadyCauses
from mare.ports import Scale
from mare.tenant_scheduler import TenantScheduler
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.fakes import (
    Clock,
    FakeBrokers,
    FakeConflicts,
    FakeObjects,
    FakeWorkloads,
)
from tests.unit.operator_loop.job_api import TARGET
from tests.unit.operator_loop.worlds import AT_ONCE, World, body, run

HOSTILE = [f"hostile-{number}" for number in range(200)]


def test_quiet_checks_that_hang_do_not_delay_those_of_another_namespace():
    """A broker that hangs held the places that all shared: others became idle 150 s later."""

    async def timeline(world: World) -> None:
        world.brokers.silent = set(HOSTILE)
        for name in HOSTILE:
            world.begin(1, 0, name, namespace="hostile", **AT_ONCE)
        for _ in range(20):
            await world.tick()
        world.begin(1, 0, **AT_ONCE)
        for _ in range(20):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 0)]


def test_changes_that_the_api_server_does_not_answer_do_not_delay_another_namespace():
    async def timeline(world: World) -> None:
        world.workloads.slow = set(HOSTILE)
        for name in HOSTILE:
            world.begin(1, 95, name, namespace="hostile")
        await world.tick()
        world.begin(1, 95)
        for _ in range(3):
            await world.tick()

    assert run(timeline).workloads.done == [("worker", 10)]


def test_endless_grace_periods_do_not_hide_a_killed_replica_of_another_namespace():
    down = {"minReplicas": 1, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}

    async def timeline(world: World) -> None:
        for number in range(1_000):
            name = f"hostile-{number}"
            world.workloads.have(name, 3, grace_seconds=10**9)
            world.brokers.ready[name] = 0
            world.put(name, namespace="hostile", **down)
        for _ in range(6):
            await world.tick()
        assert len(world.workloads.done) == 1_000
        world.workloads.have("worker", 3, grace_seconds=0)
        world.brokers.ready["worker"] = 0
        world.workloads.killed = ["worker-b", None]
        world.put(**down)
        for _ in range(6):
            await world.tick()

    assert ("worker", "Warning", "ReplicasKilled") in run(timeline).objects.events


class Server:
    """An API server or a broker that answers nothing until it opens."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        """Requests of each namespace so far."""
        self.opens = asyncio.Event()
        self.blocked = threading.Event()

    async def hold(self, namespace: str) -> None:
        self.inside[namespace] += 1
        await self.opens.wait()

    def block(self, namespace: str) -> None:
        self.inside[namespace] += 1
        self.blocked.wait()

    async def pages(self, *_: object) -> AsyncIterator[dict]:
        yield {"items": [{"metadata": {"name": "worker"}, "status": {"podIP": "10.0.0.1"}}]}

    async def request(self, method: str, path: ApiPath, *_: object, **__: object) -> dict:
        await self.hold(path.namespace or "")
        return {}


class Workloads(FakeWorkloads):
    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    async def unready_cause(self, target: ScaleTarget, last_read: Scale) -> str | None:
        await self.server.hold(target.namespace)
        return None

    async def refresh(self, target: ScaleTarget) -> None:
        await self.server.hold(target.namespace)


class Objects(FakeObjects):
    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    async def write_status(self, autoscaler: Any, *_: Any) -> str:
        await self.server.hold(autoscaler.key.namespace)
        return "1"


Start = Callable[[Server, TenantScheduler, str, int], None]
"""Starts a number of pieces of work of a namespace."""
OWNERS: list[object] = []
"""What has the tasks: the event loop alone does not keep them."""


def begin(piece: Any) -> None:
    task = asyncio.ensure_future(piece)
    OWNERS.append(task)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())


def pod_writes(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    for _ in range(count):
        pods = Pods(server, scheduler)  # type: ignore[arg-type]
        begin(pods.set_deletion_costs(namespace, "a=b", {"10.0.0.1": 1}, lambda: True))


def job_writes(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    jobs = WatchedJobs(server, cluster_wide=True, scheduler=scheduler)  # type: ignore[arg-type]
    job = Job(name="work", version="1", number=1, state=JobState.FAILED, created=0.0)
    for _ in range(count):
        begin(jobs.delete_job(replace(TARGET, namespace=namespace), job))


def pod_reads(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    unready = SimpleNamespace(unready=SimpleNamespace(seconds=lambda _: 10**6))
    for _ in range(count):
        state: Any = SimpleNamespace(
            history=unready,
            unready_cause=None,
            unready_cause_due=0.0,
            autoscaler=read_autoscaler(body(namespace=namespace)),
        )
        causes = UnreadyCauses(Workloads(server), Clock(), scheduler)
        causes.update(state, FakeWorkloads().get(state.autoscaler.target), 1.0)  # type: ignore[arg-type]
        OWNERS.append(causes)


def restores(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    for _ in range(count):
        state: Any = SimpleNamespace(
            autoscaler=read_autoscaler(body(namespace=namespace, onDelete="Restore")),
            original_replicas=3,
            may_have_scaled=True,
        )
        restorer = ReplicaRestorer(
            workloads=Workloads(server),
            brokers=FakeBrokers(Clock()),
            leadership=lambda: True,  # type: ignore[arg-type]
            owners=TargetOwners(),
            conflicts=FakeConflicts(),
            clock=Clock(),
            scheduler=scheduler,
        )
        restorer.start(state)
        OWNERS.append(restorer)


def status_writes(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    guard: Any = SimpleNamespace(allows_writes=lambda _: True, pause_after=None)
    for _ in range(count):
        state: Any = SimpleNamespace(
            autoscaler=read_autoscaler(body(namespace=namespace)),
            stored=SimpleNamespace(version="1"),
            claim=SimpleNamespace(own="operator"),
        )
        writer = StatusWriter(Objects(server), guard, Clock(), Record(), scheduler)
        writer.start_challenge(state)
        OWNERS.append(writer)


def decodings(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    parameters = ConnectionParameters(tenant=scheduler.of(namespace))
    for _ in range(count):
        client = BrokerHttpClient("http://rabbitmq", parameters, "the management API", 1)
        begin(client.run_in_thread(server.block, namespace))


@pytest.mark.parametrize(
    ("start", "of_namespace", "places"),
    [
        pytest.param(status_writes, 16, 32, id="status_writes"),
        pytest.param(pod_writes, 8, 16, id="pod_writes"),
        pytest.param(job_writes, 8, 16, id="job_writes"),
        pytest.param(restores, 4, 8, id="restores"),
        pytest.param(pod_reads, 2, 8, id="pod_reads"),
        pytest.param(decodings, 1, 2, id="decodings"),
    ],
)
def test_a_namespace_has_only_some_of_the_places(start: Start, of_namespace: int, places: int):
    async def play() -> None:
        server, scheduler = Server(), TenantScheduler()
        for number in range(6):
            start(server, scheduler, f"hostile-{number}", 30)
        async with asyncio.timeout(60):
            while server.inside.total() < places:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        for _ in range(100):
            await asyncio.sleep(0)
        assert server.inside["hostile-0"] == max(server.inside.values()) == of_namespace
        assert server.inside.total() == places
        server.opens.set()
        server.blocked.set()
        async with asyncio.timeout(60):
            while len(server.inside) < 6:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        OWNERS.clear()

    asyncio.run(play())


@pytest.mark.parametrize(
    ("start", "burst", "per_second"),
    [
        pytest.param(job_writes, 500, 20, id="rate_of_jobs"),
        pytest.param(pod_reads, 60, 0.5, id="rate_of_pod_reads"),
    ],
)
def test_a_namespace_has_only_some_of_the_requests(start: Start, burst: int, per_second: float):
    async def play() -> None:
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

    virtual_time.run(play())
