"""Deletion costs of Pods, by which a ReplicaSet picks the Pods that it deletes.

The ReplicaSet controller deletes Pods of lower cost first, among Pods in the same state:
https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost. Kubernetes
asks clients not to update the annotation often. It is written just before a scale-down, and only
where it differs.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from mare.cluster.api import MERGE_PATCH, METADATA, Api
from mare.cluster.paths import PODS
from mare.ports import NotFound
from mare.tenant_scheduler import POD_LISTS, POD_WRITES, TenantScheduler

COST = "controller.kubernetes.io/pod-deletion-cost"


class Pods:
    def __init__(self, api: Api, scheduler: TenantScheduler) -> None:
        self._api = api
        self._scheduler = scheduler

    async def set_deletion_costs(
        self,
        namespace: str,
        selector: str,
        costs: Mapping[str, int],
        is_allowed: Callable[[], bool],
    ) -> bool:
        """Set each Pod's cost to the one of its address; raises as `Api.request`.

        `is_allowed` is called immediately before each write: Pods of a paused object stay as they
        are.

        A Pod without a consumer costs 0. If no Pod has the address of a consumer, as behind a
        proxy, nothing is written and the result is false: every cost would be a guess.
        """
        changed: dict[str, str] = {}
        is_known = False
        async with self._scheduler.turn(POD_LISTS, namespace):
            async for page in self._api.pages(PODS.path(namespace), ("labelSelector", selector)):
                for pod in page["items"]:
                    address = _address(pod)
                    is_known = is_known or address in costs
                    if (cost := str(costs.get(address, 0))) != _cost(pod):
                        changed[pod["metadata"]["name"]] = cost
        if is_known:
            writes = (self._write(namespace, *each, is_allowed) for each in changed.items())
            await asyncio.gather(*writes)
        return is_known

    async def _write(
        self, namespace: str, name: str, cost: str, is_allowed: Callable[[], bool]
    ) -> None:
        async with self._scheduler.turn(POD_WRITES, namespace):
            if not is_allowed():
                return
            try:
                body = {"metadata": {"annotations": {COST: cost}}}
                path = PODS.path(namespace, name)
                await self._api.request("PATCH", path, body, kind=MERGE_PATCH, accept=METADATA)
            except NotFound:
                return  # the Pod has been deleted since it was listed


def _address(pod: Mapping[str, Any]) -> str:
    return str(pod.get("status", {}).get("podIP", ""))


def _cost(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"].get("annotations", {}).get(COST, "0"))
