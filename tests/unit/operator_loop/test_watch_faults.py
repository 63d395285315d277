"""A watch that the API server ends in every way it has: what is known stays, and gets newer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import pytest

from mare.background import background
from mare.cluster.api import Expired
from mare.cluster.conflicting_autoscalers import WatchedConflicts
from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.ports import AccessRefused, ApiError, Conflict, Scale, Unavailable

TARGET = ScaleTarget("shop", "apps/v1", "Deployment", "worker")


DELETED_EACH = 5
"""Of the versions of an HPA, those that a change deletes."""

Change = tuple[str, dict[str, Any]]


class FaultyApi:
    """Has one object, each version of which shows its number, and answers as `random` says."""

    def __init__(self, random: Random, change: Callable[[int], Change]) -> None:
        self.version = 1
        self._random = random
        self._change = change
        self.faults: list[str] = []

    def _fail(self, *faults: ApiError) -> None:
        fault = self._random.choice(faults)
        self.faults.append(type(fault).__name__)
        raise fault

    async def request(self, method: str, path: ApiPath, *_: object, **__: object) -> dict:
        names = ("deployments", "deployments/scale")
        return {"resources": [{"name": name, "kind": "Deployment"} for name in names]}

    async def pages(self, path: ApiPath, *, accept: str = "") -> AsyncIterator[dict[str, Any]]:
        kind, item = self._change(self.version)
        page = {"metadata": {"resourceVersion": str(self.version)}, "items": []}
        yield page
        await asyncio.sleep(self._random.random())
        if self._random.random() < 0.5:
            self._fail(Unavailable("too many requests", 3.0), Expired("too old"), Conflict("no"))
        yield {**page, "items": [] if kind == "DELETED" else [item]}

    async def changes(
        self, path: ApiPath, version: str, *, accept: str = "", shortens: bool = False
    ) -> AsyncIterator[Change]:
        sent = int(version)
        for _ in range(self._random.randrange(6)):
            await asyncio.sleep(1)
            if sent < self.version:
                sent += 1
                yield self._change(sent)
            yield self._change(self._random.randint(max(1, sent - 3), sent))
        self._fail(
            Expired("compacted"),
            Conflict("the object has been modified"),
            Unavailable("too many requests", 5.0),
            Unavailable("the watch ended"),
            AccessRefused("for a moment"),
        )


def deployment(version: int) -> Change:
    """A change to as many replicas as its version."""
    metadata = {"namespace": "shop", "name": "worker", "resourceVersion": str(version)}
    spec = {"replicas": version, "selector": {}}
    return ("ADDED", "MODIFIED")[version % 2], {"metadata": metadata, "spec": spec}


def autoscaler(version: int) -> Change:
    """A change to another workload, whose name is the version; each fifth deletes the HPA."""
    metadata = {"namespace": "shop", "name": "hpa", "resourceVersion": str(version)}
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": f"worker-{version}"}}
    kind = "MODIFIED" if version % DELETED_EACH else "DELETED"
    return kind, {"metadata": metadata, "spec": spec}


@pytest.mark.parametrize("seed", range(8))
async def test_a_count_only_gets_newer_however_watches_end(seed: int):
    random = Random(seed)
    api = FaultyApi(random, deployment)
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
    assert {"Expired", "Conflict", "Unavailable"} <= set(api.faults)


@pytest.mark.parametrize("seed", range(8))
async def test_a_conflict_neither_appears_again_nor_vanishes_however_watches_end(seed: int):
    random = Random(seed)
    api = FaultyApi(random, autoscaler)

    def known(conflicts: WatchedConflicts) -> list[int]:
        """Return the versions by which an HPA scales a workload."""
        targets = {
            version: ScaleTarget("shop", "apps/v1", "Deployment", f"worker-{version}")
            for version in range(1, api.version + 1)
        }
        return [version for version, target in targets.items() if conflicts.find(target)]

    conflicts = WatchedConflicts(api, ())
    async with background(conflicts.run()):
        await conflicts.wait_until_synced()
        newest = 1
        for _ in range(400):
            found = known(conflicts)
            if not found:  # Only a deletion that was not seen before explains that.
                newest += -newest % DELETED_EACH
                assert newest <= api.version
            else:
                assert found == [max(newest, *found)]
                newest = found[0]
            await asyncio.sleep(0.5)
            if random.random() < 0.2:
                api.version += 1
        api.version += 20
        is_deleted = api.version % DELETED_EACH == 0
        await asyncio.sleep(60)
        assert known(conflicts) == ([] if is_deleted else [api.version])
    assert {"Expired", "Conflict", "Unavailable", "AccessRefused"} <= set(api.faults)


class Refusing(FaultyApi):
    """Refuses requests for HPAs."""

    def __init__(self) -> None:
        super().__init__(Random(), autoscaler)
        self.refused = asyncio.Event()

    async def pages(self, path: ApiPath, *, accept: str = "") -> AsyncIterator[dict[str, Any]]:
        if self.refused.is_set():
            raise AccessRefused("no")
        yield {"metadata": {"resourceVersion": "1"}, "items": [autoscaler(1)[1]]}

    async def changes(
        self, path: ApiPath, version: str, *, accept: str = "", shortens: bool = False
    ) -> AsyncIterator[Change]:
        await self.refused.wait()
        raise AccessRefused("no")
        yield autoscaler(1)


async def test_conflicts_are_known_until_hpas_have_been_refused_for_a_minute():
    api = Refusing()
    target = ScaleTarget("shop", "apps/v1", "Deployment", "worker-1")
    conflicts = WatchedConflicts(api, ())
    async with background(conflicts.run()):
        await conflicts.wait_until_synced()
        for _ in range(3):
            for change, seconds in ((api.refused.set, 50), (api.refused.clear, 10)):
                change()
                await asyncio.sleep(seconds)
                assert conflicts.find(target) == "HorizontalPodAutoscaler hpa"
        api.refused.set()
        await asyncio.sleep(70)
        assert conflicts.find(target) is None


async def test_hpas_that_may_never_be_read_delay_nothing():
    api = Refusing()
    api.refused.set()
    conflicts = WatchedConflicts(api, ("shop", "blog"))
    async with background(conflicts.run()), asyncio.timeout(1):
        await conflicts.wait_until_synced()
    assert asyncio.all_tasks() == {asyncio.current_task()}
