"""Deletion costs of Pods, by which a ReplicaSet picks the Pods that it deletes.

The ReplicaSet controller deletes Pods of lower cost first, among Pods in the same state:
https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost. Kubernetes
asks clients not to update the annotation often. It is written just before a scale-down, and only
where it differs.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from mare.cluster.api import MERGE_PATCH, Api
from mare.cluster.paths import ApiPath, Resource
from mare.ports import NotFound

COST = "controller.kubernetes.io/pod-deletion-cost"
_PODS = Resource("v1", "pods")
_MAX_CONCURRENT_WRITES = 8


class Pods:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._writes = asyncio.Semaphore(_MAX_CONCURRENT_WRITES)

    async def set_deletion_costs(
        self,
        namespace: str,
        selector: str,
        busy: Mapping[str, int],
        is_allowed: Callable[[], bool],
    ) -> bool:
        """Set each Pod's cost to its number of unacknowledged messages; raises as `Api.request`.

        `is_allowed` is called immediately before each write: Pods of a paused object stay as they
        are.

        A Pod without a consumer costs 0. If no Pod has the address of a consumer, as behind a
        proxy, nothing is written and the result is false: every cost would be a guess.
        """
        query = [("labelSelector", selector)]
        pods = (await self._api.request("GET", _PODS.path(namespace), query=query))["items"]
        if not any(_address(pod) in busy for pod in pods):
            return False
        writes = [
            self._write(_PODS.path(namespace, pod["metadata"]["name"]), cost, is_allowed)
            for pod in pods
            if (cost := str(busy.get(_address(pod), 0))) != _cost(pod)
        ]
        await asyncio.gather(*writes)
        return True

    async def _write(self, path: ApiPath, cost: str, is_allowed: Callable[[], bool]) -> None:
        async with self._writes:
            if not is_allowed():
                return
            try:
                body = {"metadata": {"annotations": {COST: cost}}}
                await self._api.request("PATCH", path, body, kind=MERGE_PATCH)
            except NotFound:
                return  # the Pod has been deleted since it was listed


def _address(pod: Mapping[str, Any]) -> str:
    return str(pod.get("status", {}).get("podIP", ""))


def _cost(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"].get("annotations", {}).get(COST, "0"))
