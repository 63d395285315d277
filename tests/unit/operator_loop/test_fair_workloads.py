"""Workloads of one namespace that cannot be read do not delay those of another."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import Scale, Unavailable
from mare.tenant_scheduler import KINDS, WORKLOAD_READS

SECONDS = 60


class Api:
    """Serves Fleets; those of the namespace `hostile` cannot be read."""

    def __init__(self) -> None:
        self.hostile_reads = 0

    async def request(self, method: str, path: ApiPath, **_: object) -> dict[str, Any]:
        await asyncio.sleep(0.01)
        if path.text == "/apis/example.test/v1":
            names = ["fleets", "fleets/scale"]
            return {"resources": [{"name": name, "kind": "Fleet"} for name in names]}
        if "/namespaces/hostile/" in path.text:
            self.hostile_reads += 1
            raise Unavailable("it takes too long")
        return {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 3}}

    async def pages(self, path: ApiPath, **_: object) -> AsyncIterator[dict[str, Any]]:
        yield {"metadata": {"resourceVersion": "1"}, "items": []}

    async def changes(self, path: ApiPath, version: str, **_: object) -> AsyncIterator[Any]:
        await asyncio.sleep(10**6)
        yield


def fleet(namespace: str, name: str) -> ScaleTarget:
    return ScaleTarget(namespace, "example.test/v1", "Fleet", name)


def _kinds(namespace: str, count: int) -> list[ScaleTarget]:
    return [ScaleTarget(namespace, "example.test/v1", f"Kind{n}", "a") for n in range(count)]


async def test_a_namespace_has_watches_of_some_kinds_only_until_no_object_names_them():
    """2,000 kinds had 2,000 tasks, each of which looked for its kind again and again."""

    def reasons(workloads: WatchedWorkloads, targets: list[ScaleTarget]) -> Counter[str]:
        return Counter(workloads.get(target).reason for target in targets)

    workloads = WatchedWorkloads(Api(), cluster_wide=True)
    hostile = _kinds("hostile", 500)
    reasons(workloads, hostile)
    await asyncio.sleep(SECONDS)
    refused = {"NamespaceBudgetExceeded": 500 - KINDS.of_namespace}
    assert reasons(workloads, hostile) == {"KindNotFound": KINDS.of_namespace, **refused}

    workloads.keep_only(hostile[-1:])
    await asyncio.sleep(1)
    reasons(workloads, hostile[-1:])
    await asyncio.sleep(SECONDS)
    assert reasons(workloads, hostile[-1:]) == {"KindNotFound": 1}
    await workloads.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_reads_of_workloads_are_bounded_and_fair():
    most = WORKLOAD_READS.burst + (SECONDS + 2) * WORKLOAD_READS.per_second
    api = Api()
    workloads = WatchedWorkloads(api, cluster_wide=True)
    workloads.get(fleet("hostile", "first"))
    await asyncio.sleep(1)
    hostile = [fleet("hostile", f"fleet-{number}") for number in range(2_000)]
    for target in hostile:
        workloads.get(target)
    workloads.get(fleet("shop", "worker"))
    await asyncio.sleep(0.1)
    found = workloads.get(fleet("shop", "worker"))
    assert isinstance(found, Scale)
    assert found.replicas == 3
    await asyncio.sleep(SECONDS)
    reasons = {known.reason for known in map(workloads.get, hostile) if isinstance(known, Unknown)}
    assert reasons == {"Unavailable", "NamespaceBudgetExceeded"}

    assert 0 < api.hostile_reads <= most
    await workloads.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
