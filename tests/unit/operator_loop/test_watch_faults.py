"""A watch that the API server ends in every way it has: what is known stays, and gets newer."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from mare.cluster.api import Expired
from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.ports import AccessRefused, ApiError, Conflict, Scale, Unavailable
from tests.unit.operator_broker import virtual_time

TARGET = ScaleTarget("shop", "apps/v1", "Deployment", "worker")


class FaultyApi:
    """Has one Deployment, whose count is always its version, and answers as `random` says."""

    def __init__(self, random: Random) -> None:
        self.version = 1
        self._random = random
        self.faults: list[str] = []

    def _fail(self, *faults: ApiError) -> None:
        fault = self._random.choice(faults)
        self.faults.append(type(fault).__name__)
        raise fault

    async def request(self, method: str, path: ApiPath, *_: object, **__: object) -> dict:
        names = ("deployments", "deployments/scale")
        return {"resources": [{"name": name, "kind": "Deployment"} for name in names]}

    async def pages(self, path: ApiPath, *, accept: str) -> AsyncIterator[dict[str, Any]]:
        if self._random.random() < 0.5:
            self._fail(Unavailable("too many requests", 3.0), Expired("too old"), Conflict("no"))
        yield {"metadata": {"resourceVersion": str(self.version)}, "items": [item(self.version)]}

    async def changes(
        self, path: ApiPath, version: str, *, accept: str
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        sent = int(version)
        for _ in range(self._random.randrange(6)):
            await asyncio.sleep(1)
            if sent < self.version:
                sent += 1
                yield "MODIFIED", item(sent)
            old = self._random.randint(max(1, sent - 3), sent)
            yield self._random.choice(["ADDED", "MODIFIED"]), item(old)
        self._fail(
            Expired("compacted"),
            Conflict("the object has been modified"),
            Unavailable("too many requests", 5.0),
            Unavailable("the watch ended"),
            AccessRefused("for a moment"),
        )


def item(version: int) -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": "worker", "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": {"replicas": version, "selector": {}}}


@pytest.mark.parametrize("seed", range(8))
def test_a_count_only_gets_newer_however_watches_end(seed: int):
    random = Random(seed)
    api = FaultyApi(random)

    async def timeline() -> None:
        watched = WatchedWorkloads(api, cluster_wide=True)
        newest = 0
        watched.get(TARGET)
        for _ in range(400):
            await asyncio.sleep(0.5)
            if random.random() < 0.2:
                api.version += 1
            scale = watched.get(TARGET)
            if isinstance(scale, Scale):
                assert scale.replicas >= newest
                newest = scale.replicas
            else:
                assert scale.reason in {"NotReadYet", "Forbidden"}
        api.version += 1
        await asyncio.sleep(60)
        known = watched.get(TARGET)
        assert getattr(known, "reason", None) == "Forbidden" or known.replicas == api.version
        await watched.close()

    virtual_time.run(timeline())
    assert {"Expired", "Conflict", "Unavailable"} <= set(api.faults)
