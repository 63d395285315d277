"""Deletion costs of Pods, by which a ReplicaSet picks the Pods that it deletes.

The ReplicaSet controller deletes Pods of lower cost first, among Pods in the same state:
https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost. Kubernetes
asks clients not to update the annotation often. It is written just before a scale-down, and only
where it differs: -1 for a Pod to be deleted, 1 for a busy one, and 0, the default, for the others.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from mare.cluster.api import MERGE_PATCH, METADATA, Api
from mare.cluster.paths import PODS, PRESENT_PODS
from mare.ports import NotFound, Removal
from mare.tenant_scheduler import POD_LISTS, POD_WRITES, TenantScheduler

COST = "controller.kubernetes.io/pod-deletion-cost"
_MARKS = _VICTIM, _NEITHER, _BUSY = "-1", "0", "1"


class Pods:
    def __init__(self, api: Api, scheduler: TenantScheduler) -> None:
        self._api = api
        self._scheduler = scheduler

    async def mark_victims(
        self,
        namespace: str,
        selector: str,
        removal: Removal,
        is_allowed: Callable[[], bool],
    ) -> bool:
        """Mark the Pods of the lowest cost, and the busy ones; raises as `Api.request`.

        `is_allowed` is called immediately before each write: Pods of a paused object stay as they
        are.

        A Pod without a consumer goes after the idle ones: it may have given up its consumer for
        a long task. If no Pod has the address of a consumer, as behind a proxy, nothing is written
        and the result is false: every mark would be a guess.
        """
        costs, is_known = removal.costs, False
        running: list[tuple[float, str, str]] = []
        """The cost, the name and the mark of each."""
        async with self._scheduler.turn(POD_LISTS, namespace):
            query = ("labelSelector", selector), PRESENT_PODS
            async for page in self._api.pages(PODS.path(namespace), *query):
                for pod in page["items"]:
                    address, metadata = _address(pod), pod["metadata"]
                    is_known = is_known or address in costs
                    if "deletionTimestamp" not in metadata:
                        running.append((costs.get(address, 0.0), metadata["name"], _mark(pod)))
        if not is_known:
            return False
        running.sort()
        writes = []
        for number, (cost, name, before) in enumerate(running):
            mark = _VICTIM if number < removal.count else _BUSY if cost > 0 else _NEITHER
            if mark != before:
                writes.append(self._write(namespace, name, mark, is_allowed))
        # All of them end before: a mark must not come after one of the next decision.
        for failed in await asyncio.gather(*writes, return_exceptions=True):
            if failed is not None:
                raise failed
        return True

    async def _write(
        self, namespace: str, name: str, mark: str, is_allowed: Callable[[], bool]
    ) -> None:
        async with self._scheduler.turn(POD_WRITES, namespace):
            if not is_allowed():
                return
            try:
                body = {"metadata": {"annotations": {COST: mark}}}
                path = PODS.path(namespace, name)
                await self._api.request("PATCH", path, body, kind=MERGE_PATCH, accept=METADATA)
            except NotFound:
                return  # the Pod has been deleted since it was listed


def _address(pod: Mapping[str, Any]) -> str:
    return str(pod.get("status", {}).get("podIP", ""))


def _mark(pod: Mapping[str, Any]) -> str:
    """Return its mark, and nothing for another cost, which may be long."""
    cost = str(pod["metadata"].get("annotations", {}).get(COST, _NEITHER))
    return cost if cost in _MARKS else ""
