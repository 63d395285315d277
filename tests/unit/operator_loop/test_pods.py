"""Deletion costs of Pods."""

import asyncio
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


def test_no_pod_is_marked_after_the_decision_went_out_of_date():
    allowed = True

    async def timeline() -> list[str]:
        nonlocal allowed
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
        return api.patched

    assert len(asyncio.run(timeline())) == 8


def test_a_pod_without_a_consumer_costs_nothing():
    async def timeline() -> list[tuple[str, str]]:
        api = FakeApi(pods=3)
        api.answers.set()
        api.pods[0]["metadata"]["annotations"] = {COST: "5"}
        busy = {"10.0.0.2": 2}
        assert await Pods(api, TenantScheduler()).set_deletion_costs(
            "shop", "app=a", busy, lambda: True
        )
        return sorted(zip(api.patched, api.costs, strict=True))

    path = "/api/v1/namespaces/shop/pods"
    assert asyncio.run(timeline()) == [(f"{path}/pod-0", "0"), (f"{path}/pod-2", "2")]
