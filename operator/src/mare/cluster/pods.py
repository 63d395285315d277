"""Which Pods go first when a ReplicaSet shrinks: controller.kubernetes.io/pod-deletion-cost.

The ReplicaSet controller takes Pods of lower cost first, among those that are equally far in life
(https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost). It asks
not to renew the annotation often: it is written just before a workload shrinks, where it differs.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from mare.cluster.api import MERGE_PATCH, Api
from mare.ports import NotFound

COST = "controller.kubernetes.io/pod-deletion-cost"
_MOST_AT_A_TIME = 8


class Pods:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._room = asyncio.Semaphore(_MOST_AT_A_TIME)

    async def set_deletion_costs(
        self, namespace: str, selector: str, busy: Mapping[str, int]
    ) -> bool:
        """Write costs: as many as the unacknowledged messages of a Pod. Raises as `Api.request`.

        A Pod that the broker does not know has no consumer, and goes first. If it knows none, a
        proxy or a shared network hides who is who: any cost would be a guess, and none is written.
        """
        path = f"/api/v1/namespaces/{namespace}/pods"
        pods = (await self._api.request("GET", path, query=[("labelSelector", selector)]))["items"]
        if not any(_address(pod) in busy for pod in pods):
            return False
        changes = [
            self._write(f"{path}/{pod['metadata']['name']}", cost)
            for pod in pods
            if (cost := str(busy.get(_address(pod), 0))) != _cost(pod)
        ]
        await asyncio.gather(*changes)
        return True

    async def _write(self, path: str, cost: str) -> None:
        async with self._room:
            try:
                body = {"metadata": {"annotations": {COST: cost}}}
                await self._api.request("PATCH", path, body, kind=MERGE_PATCH)
            except NotFound:
                return  # it is gone already


def _address(pod: Mapping[str, Any]) -> str:
    return str(pod.get("status", {}).get("podIP", ""))


def _cost(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"].get("annotations", {}).get(COST, "0"))
