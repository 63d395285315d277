"""Deletion costs of Pods."""

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator

from mare.cluster.paths import ApiPath
from mare.cluster.pods import COST, Pods
from mare.tenant_scheduler import TenantScheduler


class FakeApi:
    """Has Pods with consumers, and answers a PATCH when `answers` is set."""

    def __init__(self, pods: int) -> None:
        self.answers = asyncio.Event()
        self.patched: list[str] = []
        self.costs: list[str] = []
        self.pods = [
            {"metadata": {"name": f"pod-{n}"}, "status": {"podIP": f"10.0.0.{n}"}}
            for n in range(pods)
        ]

    async def pages(self, path: ApiPath, *_: object) -> AsyncIterator[dict]:
        yield {"items": self.pods}

    async def request(self, method: str, path: ApiPath, body: dict, **_: object) -> dict:
        self.patched.append(path.text)
        self.costs.append(body["metadata"]["annotations"][COST])
        await self.answers.wait()
        return {}


class SlowLists(FakeApi):
    """Lists nothing until `answers` is set."""

    def __init__(self) -> None:
        super().__init__(pods=3)
        self.lists: Counter[str | None] = Counter()

    async def pages(self, path: ApiPath, *_: object) -> AsyncIterator[dict]:
        self.lists[path.namespace] += 1
        await self.answers.wait()
        yield {"items": self.pods}


async def test_a_namespace_lists_its_pods_twice_at_a_time():
    """16 lists with pages of 4 MiB took the operator from 58 to 453 MiB."""
    api = SlowLists()
    pods, busy = Pods(api, TenantScheduler()), {"10.0.0.2": 2}
    async with asyncio.TaskGroup() as group:
        for namespace in [*["hostile"] * 16, "shop"]:
            marking = pods.set_deletion_costs(namespace, "app=a", busy, lambda: True)
            group.create_task(marking)
        for _ in range(10):
            await asyncio.sleep(0)
        assert api.lists == {"hostile": 2, "shop": 1}
        api.answers.set()
    assert api.lists == {"hostile": 16, "shop": 1}
    assert len(api.patched) == 17


def test_of_listed_pods_little_is_kept():
    """A tenant can write a deletion cost of 256 KiB."""

    class LargeCosts(FakeApi):
        async def pages(self, path: ApiPath, *_: object) -> AsyncIterator[dict]:
            for pod in self.pods:
                yield {"items": [{**pod, "metadata": {**pod["metadata"], **_large_cost()}}]}

    async def timeline() -> int:
        api = LargeCosts(pods=100)
        api.answers.set()
        pods, busy = Pods(api, TenantScheduler()), {"10.0.0.2": 2}
        tracemalloc.start()
        try:
            await pods.set_deletion_costs("shop", "app=a", busy, lambda: True)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert asyncio.run(timeline()) < 2**20


def _large_cost() -> dict[str, dict[str, str]]:
    return {"annotations": {COST: "1" * 2**18}}


async def test_no_pod_is_marked_after_the_decision_went_out_of_date():
    allowed = True
    api = FakeApi(pods=20)
    busy = {f"10.0.0.{n}": 1 for n in range(20)}
    marking = asyncio.create_task(
        Pods(api, TenantScheduler()).set_deletion_costs("shop", "app=a", busy, lambda: allowed)
    )
    for _ in range(10):
        await asyncio.sleep(0)
    allowed = False
    api.answers.set()
    await marking

    assert len(api.patched) == 8


async def test_a_pod_without_a_consumer_costs_nothing():
    path = "/api/v1/namespaces/shop/pods"
    api = FakeApi(pods=3)
    api.answers.set()
    api.pods[0]["metadata"]["annotations"] = {COST: "5"}
    busy = {"10.0.0.2": 2}
    assert await Pods(api, TenantScheduler()).set_deletion_costs(
        "shop", "app=a", busy, lambda: True
    )

    assert sorted(zip(api.patched, api.costs, strict=True)) == [
        (f"{path}/pod-0", "0"),
        (f"{path}/pod-2", "2"),
    ]
