"""Deletion costs of Pods."""

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from mare.cluster.paths import ApiPath
from mare.cluster.pods import COST, Pods
from mare.ports import Removal, Unavailable
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

    async def pages(self, path: ApiPath, *selectors: object) -> AsyncIterator[dict]:
        assert ("fieldSelector", "status.phase!=Failed,status.phase!=Succeeded") in selectors
        yield {"items": [each for each in self.pods if each["status"].get("phase") != "Failed"]}

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
    pods, removal = Pods(api, TenantScheduler()), Removal(costs={"10.0.0.2": 2}, count=0)
    async with asyncio.TaskGroup() as group:
        for namespace in [*["hostile"] * 16, "shop"]:
            marking = pods.mark_victims(namespace, "app=a", removal, lambda: True)
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
        pods, removal = Pods(api, TenantScheduler()), Removal(costs={"10.0.0.2": 2}, count=0)
        tracemalloc.start()
        try:
            await pods.mark_victims("shop", "app=a", removal, lambda: True)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert asyncio.run(timeline()) < 2**20


def _large_cost() -> dict[str, dict[str, str]]:
    return {"annotations": {COST: "1" * 2**18}}


async def test_after_a_pod_that_cannot_be_marked_the_others_are_marked_before_the_error_is_raised():
    """The scale-down was sent before them, and ended busy Pods."""

    class Refusing(FakeApi):
        async def request(self, method: str, path: ApiPath, body: dict, **_: object) -> dict:
            if path.text.endswith("pod-0"):
                raise Unavailable("failed calling webhook")
            return await super().request(method, path, body)

    api = Refusing(pods=3)
    removal = Removal(costs={"10.0.0.1": 1, "10.0.0.2": 2}, count=1)
    marking = asyncio.create_task(
        Pods(api, TenantScheduler()).mark_victims("shop", "app=a", removal, lambda: True)
    )
    for _ in range(10):
        await asyncio.sleep(0)
    assert not marking.done()
    api.answers.set()
    with pytest.raises(Unavailable, match="webhook"):
        await marking

    assert len(api.patched) == 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_no_pod_is_marked_after_the_decision_went_out_of_date():
    allowed = True
    api = FakeApi(pods=20)
    removal = Removal(costs={f"10.0.0.{n}": 1 for n in range(20)}, count=0)
    marking = asyncio.create_task(
        Pods(api, TenantScheduler()).mark_victims("shop", "app=a", removal, lambda: allowed)
    )
    for _ in range(10):
        await asyncio.sleep(0)
    allowed = False
    api.answers.set()
    await marking

    assert len(api.patched) == 8


async def marks(
    removal: Removal, *statuses: dict, before: str = "0"
) -> tuple[bool, dict[str, str]]:
    """Return whether Pods were marked, and those that were."""
    api = FakeApi(pods=len(statuses))
    api.answers.set()
    for pod, status in zip(api.pods, statuses, strict=True):
        pod["metadata"]["annotations"] = {COST: before}
        pod["metadata"] |= status.pop("metadata", {})
        pod["status"] |= status
    are_marked = await Pods(api, TenantScheduler()).mark_victims(
        "shop", "app=a", removal, lambda: True
    )
    names = [path.rpartition("/")[2] for path in api.patched]
    return are_marked, dict(zip(names, api.costs, strict=True))


COSTS = {"10.0.0.0": -5.0, "10.0.0.1": 3, "10.0.0.2": -90.0, "10.0.0.3": 1}


async def test_the_pods_of_the_lowest_cost_are_victims_and_busy_ones_are_marked():
    assert await marks(Removal(costs=COSTS, count=1), *[{} for _ in range(5)]) == (
        True,
        {"pod-2": "-1", "pod-1": "1", "pod-3": "1"},
    )


async def test_of_busy_pods_those_with_the_fewest_messages_are_victims():
    _, changed = await marks(Removal(costs=COSTS, count=4), *[{} for _ in range(5)])
    assert changed == {"pod-2": "-1", "pod-0": "-1", "pod-4": "-1", "pod-3": "-1", "pod-1": "1"}


async def test_pods_that_are_ending_are_no_victims():
    ending = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    _, changed = await marks(
        Removal(costs={"10.0.0.0": -9.0, "10.0.0.1": -8.0, "10.0.0.2": -1.0}, count=1),
        *(ending, {"phase": "Failed"}, {"phase": "Running"}),
    )
    assert changed == {"pod-2": "-1"}


async def test_marks_of_before_and_costs_of_others_are_replaced():
    removal = Removal(costs={"10.0.0.0": 1, "10.0.0.1": -5.0}, count=0)
    for before in ("-1", "7", "x" * 2**18):
        _, changed = await marks(removal, {}, {}, before=before)
        assert changed == {"pod-0": "1", "pod-1": "0"}


async def test_where_no_pod_is_a_known_consumer_none_is_marked():
    assert await marks(Removal(costs={"10.9.9.9": 0.0}, count=1), {}, {}) == (False, {})
