"""Pods that are killed, because they still run at the end of their grace period.

A kubelet may delete a Pod a moment after it has reported how the containers ended. A later
list does not contain the Pod, so a watch is needed: its last event has the last status.
"""

import signal
from collections.abc import Mapping
from typing import Any

from mare.cluster.api import Api
from mare.cluster.paths import Resource
from mare.ports import OnKilled
from mare.tenant_scheduler import KILL_LISTS, KILL_WATCHES, Tenant

_PODS = Resource("v1", "pods")
_SIGKILLED = 128 + signal.SIGKILL


async def watch_killed(
    api: Api, tenant: Tenant, selector: str, replicas: int, on_killed: OnKilled
) -> None:
    """Call `on_killed` for each Pod that is killed, until `replicas` are left, or none ends.

    More are left without one that ends if the workload was scaled up meanwhile. Raises as
    `Api.changes`, `OverBudget`, and TimeoutError after 30 s of watching.
    """
    path, by_label = _PODS.path(tenant.namespace), ("labelSelector", selector)
    left: dict[str, bool] = {}
    """The UIDs of Pods that are not killed, and whether each ends."""
    version = ""

    def look_at(pod: Mapping[str, Any], *, exists: bool) -> None:
        uid = pod["metadata"]["uid"]
        was_killed = _was_killed(pod)
        if was_killed:
            on_killed(uid, pod["metadata"]["name"])
        if exists and not was_killed:
            left[uid] = "deletionTimestamp" in pod["metadata"]
        else:
            left.pop(uid, None)

    def is_done() -> bool:
        return len(left) <= replicas or not any(left.values())

    async with tenant.turn(KILL_LISTS):
        async for page in api.pages(path, by_label):
            for pod in page["items"]:
                look_at(pod, exists=True)
            version = page["metadata"]["resourceVersion"]
    if is_done():
        return
    async with tenant.turn(KILL_WATCHES):
        async for change, pod in api.changes(path, version, by_label):
            look_at(pod, exists=change != "DELETED")
            if is_done():
                return


def _was_killed(pod: Mapping[str, Any]) -> bool:
    """Return whether a container ended by SIGKILL at the Pod's end, and not for lack of memory."""
    if "deletionTimestamp" not in pod["metadata"]:
        return False
    ends = (
        container.get("state", {}).get("terminated") or {}
        for container in pod.get("status", {}).get("containerStatuses", ())
    )
    return any(end.get("exitCode") == _SIGKILLED and end.get("reason") == "Error" for end in ends)
