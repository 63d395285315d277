"""A loop with brokers, workloads and objects in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mare.background import cancel
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import Key, read_autoscaler
from mare.loop.killed_replicas import KilledReplicas
from mare.loop.loop import Loop
from mare.loop.metrics import Metrics
from mare.loop.operator_claim import OperatorClaim
from mare.loop.pace import Pace
from mare.loop.record import AutoscalerHistory, Record
from mare.loop.state import AutoscalerState
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

AT_ONCE = {
    "behavior": {
        "scaleDown": {"stabilizationWindowSeconds": 0},
        "scaleUp": {"policies": [{"type": "Pods", "value": 100, "periodSeconds": 1}]},
    },
    "idle": {"cooldownSeconds": 0},
}

OF_WORKER = {"namespace": "shop", "name": "worker"}
"""The labels of its metrics."""


def body(
    name: str = "worker",
    *,
    generation: int = 1,
    secret: str = "broker",
    version: int = 100,
    uid: str = "",
    created: str = "2026-01-01T00:00:00Z",
    namespace: str = "shop",
    **spec: Any,
) -> dict:
    """A QueueAutoscaler as the API server would return it."""
    return {
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": uid or f"uid-{name}",
            "resourceVersion": str(version),
            "generation": generation,
            "creationTimestamp": created,
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "brokerRef": {"secretName": secret},
            "minReplicas": 0,
            "maxReplicas": 50,
            "queues": [{"name": name}],
            "target": {"type": "QueueLength", "messagesPerReplica": 10},
            "stalenessSeconds": 15,
            **spec,
        },
    }


ChangeLeader = Callable[..., Awaitable[None]]
"""Lets the next operator find the stored status; takes the fields of the object."""


@dataclass
class FakeLeadership:
    world: "World"

    def __call__(self) -> bool:
        return self.world.leads

    @property
    def term(self) -> int:
        return self.world.term


@dataclass
class World:
    """A loop and all around it."""

    clock: Clock = field(default_factory=Clock)
    workloads: FakeWorkloads = field(default_factory=FakeWorkloads)
    objects: FakeObjects = field(default_factory=FakeObjects)
    conflicts: FakeConflicts = field(default_factory=FakeConflicts)
    record: Record = field(default_factory=Record)
    leads: bool = True
    term: int = 1
    operator: str = ""
    namespace_queues: int = 2_000
    scheduler: TenantScheduler = field(default_factory=TenantScheduler)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.record)
        self.checks: list[KilledReplicas] = []
        self.use(FakeBrokers(self.clock))

    @property
    def history(self) -> AutoscalerHistory:
        """What is recorded of the object `worker`."""
        return self.record.histories[Key("shop", "worker")]

    def metric(self, metric: str, /, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"mare_{metric}", labels)

    def use(self, brokers: FakeBrokers) -> None:
        """Read other brokers from now on, in a new loop."""
        self.brokers = brokers
        self.loop = Loop(
            brokers=self.brokers,
            workloads=self.workloads,
            objects=self.objects,
            conflicts=self.conflicts,
            leadership=FakeLeadership(self),
            clock=self.clock,
            record=self.record,
            metrics=self.metrics,
            pace=Pace(),
            operator=self.operator,
            namespace_queues=self.namespace_queues,
            scheduler=self.scheduler,
        )

    def put(
        self, name: str = "worker", status: Mapping[str, Any] | None = None, **fields: Any
    ) -> None:
        """Bring the watch event of a change, with the newest version unless another is given."""
        stored = self.objects.stored.get(name, 100)
        fields = {"version": stored + 1, **fields}
        self.objects.stored[name] = max(stored, fields["version"])
        self.objects.bodies[name] = body(name, **fields)
        self.loop.put(read_autoscaler({**self.objects.bodies[name], "status": status}))

    async def kill(self) -> None:
        """End the operator as SIGKILL does: nothing that is under way goes on."""
        await cancel(asyncio.all_tasks() - {asyncio.current_task()})

    async def restart(self, name: str = "worker", **fields: Any) -> None:
        """Kill the operator and start another one, which finds the stored status."""
        await self.kill()
        self.record = Record()
        self.metrics = Metrics(self.record)
        self.use(self.brokers)
        self.put(name, status=self.objects.status(name), **fields)

    def begin(self, replicas: int, ready: int, name: str = "worker", **fields: Any) -> None:
        """Bring a workload, the ready messages of its queue and the object that scales it."""
        self.workloads.have(name, replicas)
        self.brokers.ready[name] = ready
        self.put(name, **fields)

    async def tick(self, seconds: float = 1.0, settling: int = 100) -> None:
        """Let time pass, tick, and let everything that can happen, happen."""
        self.clock.now += seconds
        self.loop.tick()
        await settle(settling)

    async def ticks(self, count: int, seconds: float = 1.0) -> None:
        for _ in range(count):
            await self.tick(seconds)


async def settle(turns: int = 200) -> None:
    """Let everything that can happen without a pause, happen."""
    for _ in range(turns):
        await asyncio.sleep(0)


def run(timeline: Callable[[World], Awaitable[None]], **fields: Any) -> World:
    world = World(**fields)

    async def play() -> None:
        await timeline(world)
        await world.kill()

    virtual_time.run(play())
    return world


def checks_begin(world: World, api: object, namespace: str, count: int) -> None:
    """Begin this number of checks, of 3 replicas of which 1 stays."""
    scheduler = world.loop.scheduler
    workloads = WatchedWorkloads(api, cluster_wide=True, scheduler=scheduler)
    checks = KilledReplicas(workloads, None, world.metrics, scheduler)
    before = Scale(replicas=3, version="1", ready=3, selector="app", grace_seconds=0)
    for number in range(count):
        autoscaler = read_autoscaler(body(f"worker-{number}", namespace=namespace))
        checks.check_later(AutoscalerState(autoscaler, number, OperatorClaim("")), before, 1)
    world.checks.append(checks)
