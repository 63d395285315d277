"""Work that the objects of a namespace cause, which waits until a fake server answers."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient
from mare.broker.networks import resolve
from mare.cluster.jobs import WatchedJobs
from mare.cluster.paths import ApiPath
from mare.cluster.pods import Pods
from mare.custom_resource.autoscaler import Autoscaler, ScaleTarget, read_autoscaler
from mare.domain.jobs import Job, JobState
from mare.loop.killed_replicas import KilledReplicas
from mare.loop.operator_claim import OperatorClaim
from mare.loop.quiet_checks import QuietChecks
from mare.loop.record import Record
from mare.loop.restorer import ReplicaRestorer
from mare.loop.scale_writer import ScaleWriter
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.loop.stored_status import StoredStatus
from mare.loop.target_owners import TargetOwners
from mare.loop.unready_causes import UnreadyCauses
from mare.ports import Removal, Scale
from mare.tenant_scheduler import TenantScheduler
from tests.unit.operator_loop.fakes import (
    Clock,
    FakeBrokers,
    FakeConflicts,
    FakeObjects,
    FakeWorkloads,
)
from tests.unit.operator_loop.job_api import TARGET
from tests.unit.operator_loop.worlds import body


class Server:
    """An API server or a broker that answers nothing until it opens."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        """Requests of each namespace so far."""
        self.opens = asyncio.Event()
        self.blocked = threading.Event()

    def open(self) -> None:
        self.opens.set()
        self.blocked.set()

    async def hold(self, namespace: str) -> None:
        self.inside[namespace] += 1
        await self.opens.wait()

    def block(self, namespace: str) -> None:
        self.inside[namespace] += 1
        self.blocked.wait()

    def look_up(self, host: str, *_: object) -> list[object]:
        """Stands for `socket.getaddrinfo`; a host is named like its namespace."""
        self.block(host)
        return []

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

    async def watch_killed(self, target: ScaleTarget, *_: object) -> None:
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
        removal = Removal(costs={"10.0.0.1": 1}, count=0)
        begin(pods.mark_victims(namespace, "a=b", removal, lambda: True))


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
            scaling_since=None,
            unanswered=None,
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
            stored=StoredStatus(version="1"),
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


def lookups(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    for _ in range(count):
        begin(resolve(namespace, 5672, scheduler.of(namespace)))


def kill_checks(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    before = Scale(replicas=3, version="1", ready=3, selector="app", grace_seconds=0)
    unused: Any = None
    killed = KilledReplicas(Workloads(server), unused, unused, scheduler)
    for _ in range(count):
        autoscaler = read_autoscaler(body(namespace=namespace))
        killed.check_later(AutoscalerState(autoscaler, 0, OperatorClaim("")), before, 1)
    OWNERS.append(killed)


class Brokers(FakeBrokers):
    def __init__(self, server: Server) -> None:
        super().__init__(Clock())
        self.server = server

    async def check_quiet(self, autoscaler: Autoscaler) -> None:
        await self.server.hold(autoscaler.key.namespace)


def quiet_checks(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    checks = QuietChecks(Brokers(server), Clock(), scheduler, lambda _: None)
    for _ in range(count):
        begin(checks.check(read_autoscaler(body(namespace=namespace))))


class Writer(ScaleWriter):
    server: Server

    async def _send(self, state: AutoscalerState, *_: object) -> None:
        await self.server.hold(state.autoscaler.key.namespace)


def scale_writes(server: Server, scheduler: TenantScheduler, namespace: str, count: int) -> None:
    unused: Any = None
    names = ("workloads", "statuses", "guard", "metrics", "record")
    writer = Writer(clock=Clock(), scheduler=scheduler, **dict.fromkeys(names, unused))
    writer.server = server
    for _ in range(count):
        autoscaler = read_autoscaler(body(namespace=namespace))
        writer.start(AutoscalerState(autoscaler, 0, OperatorClaim("")), unused, unused, unused)
    OWNERS.append(writer)
