"""Somebody changes the workload between the look and the change: a real 409, and a new decision."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from mare.clock import SteadyClock
from mare.cluster.api import Api
from mare.cluster.objects import StoredObjects
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget, read_autoscaler
from mare.loop.loop import Loop
from mare.loop.metrics import Metrics
from mare.loop.pace import Pace
from mare.loop.record import Record
from mare.ports import Conflict, Scale, SoleReplica
from tests.control_plane import ControlPlane
from tests.integration.operator.stage import Broker, Stage, write_kubeconfig
from tests.unit.operator_loop.fakes import FakeBrokers, FakeConflicts
from tests.vhost import becomes, eventually

OTHERS_COUNT = 3


class Hasty(WatchedWorkloads):
    """Workloads of an API server, where somebody is quicker than the first change."""

    def __init__(self, api: Api, stage: Stage) -> None:
        super().__init__(api, cluster_wide=False)
        self._stage = stage
        self._changed = False
        self.scaled = asyncio.Event()

    async def scale(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        if not self._changed:
            self._changed = True
            await asyncio.to_thread(self._stage.scale_by_hand, OTHERS_COUNT)
        await super().scale(target, last_read, replicas)
        self.scaled.set()


@pytest.fixture
def bare_stage(api_server: ControlPlane, crd: Path, namespace: str, tmp_path: Path):
    with api_server.client() as api:
        stage = Stage(api_server, namespace, tmp_path, api, Broker("", ""))
        stage.prepare()
        yield stage


def test_a_conflicting_change_of_the_count_causes_a_new_decision(bare_stage: Stage):
    bare_stage.workload(replicas=0)
    bare_stage.autoscaler(behavior={"scaleUp": {"tolerance": 0}})
    stored = bare_stage.stored()
    kubeconfig = write_kubeconfig(bare_stage.api_server, bare_stage.namespace, bare_stage.folder)
    record = Record()
    metrics = Metrics(record)

    async def play() -> None:
        configuration = Configuration()
        await config.load_kube_config(str(kubeconfig), client_configuration=configuration)
        async with ApiClient(configuration) as client:
            api = Api(client)
            hasty = Hasty(api, bare_stage)
            loop = Loop(
                brokers=FakeBrokers(time.time, ready={"worker": 95}),
                workloads=hasty,
                objects=StoredObjects(api, "test"),
                conflicts=FakeConflicts(),
                leadership=SoleReplica(),
                clock=SteadyClock(),
                record=record,
                metrics=metrics,
                pace=Pace(),
            )
            loop.put(read_autoscaler(stored))
            running = asyncio.create_task(loop.run())
            async with asyncio.timeout(90):
                await hasty.scaled.wait()
                await asyncio.to_thread(eventually, lambda: "lastScaleTime" in bare_stage.status())
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await hasty.close()

    asyncio.run(play())

    becomes(lambda: _scale_requests(bare_stage)[-1:], [("patch", 200)])
    *refused, _ = _scale_requests(bare_stage)
    # The controller of Deployments may write between look and change, too.
    times = len(refused) // 2
    assert times >= 1
    assert refused == [("patch", 409), ("get", 200)] * times
    assert metrics.conflicts._value.get() == times
    decisions = bare_stage.status()["decisions"]
    changes = [(each["from"], each["to"]) for each in decisions if each["from"] != each["to"]]
    assert changes == [(OTHERS_COUNT, bare_stage.replicas())]
    assert bare_stage.replicas() > OTHERS_COUNT


def _scale_requests(stage: Stage) -> list[tuple[str, int]]:
    requests = [each for each in stage.requests() if each.resource == "deployments/scale"]
    return [(each.verb, each.code) for each in requests]


def test_a_status_is_not_written_over_a_newer_one_or_into_another_object(bare_stage: Stage):
    bare_stage.autoscaler()
    old = read_autoscaler(bare_stage.stored())
    kubeconfig = write_kubeconfig(bare_stage.api_server, bare_stage.namespace, bare_stage.folder)

    async def play() -> None:
        configuration = Configuration()
        await config.load_kube_config(str(kubeconfig), client_configuration=configuration)
        async with ApiClient(configuration) as client:
            objects = StoredObjects(Api(client), "test")
            version = await objects.write_status(old, old.version, {"depth": 1})
            with pytest.raises(Conflict):
                await objects.write_status(old, old.version, {"depth": 2})
            await objects.write_status(old, version, {"depth": 3})
            await asyncio.to_thread(bare_stage.delete)
            await asyncio.to_thread(bare_stage.autoscaler)
            with pytest.raises(Conflict):
                await objects.write_status(old, version, {"depth": 4})

    asyncio.run(play())

    assert "depth" not in bare_stage.status()
