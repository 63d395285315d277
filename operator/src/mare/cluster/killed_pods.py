"""Pods that are killed, because they still run at the end of their grace period.

A kubelet may delete a Pod a moment after it has reported how the containers ended. A later
list does not contain the Pod, so a watch is needed: its last event has the last status.
"""

import asyncio
import signal
from collections.abc import Mapping
from typing import Any

from mare.cluster.api import Api
from mare.cluster.paths import PODS
from mare.ports import OnKilled
from mare.tenant_scheduler import KILL_LISTS, KILL_WATCHES, Tenant

_SIGKILLED = 128 + signal.SIGKILL
_BEGIN_SECONDS = 5.0
"""A busy controller deletes Pods later than a short grace period after the scale-down."""


async def watch_killed(
    api: Api, tenant: Tenant, selector: str, replicas: int, on_killed: OnKilled
) -> None:
    """Call `on_killed` for each Pod that is killed, until `replicas` are left, or none ends.

    More are left without one that ends if the workload was scaled up meanwhile. Raises as
    `Api.changes`, `OverBudget`, and TimeoutError after 30 s of watching, 5 s if none ends.
    """
    path, by_label = PODS.path(tenant.namespace), ("labelSelector", selector)
    pods = _Pods(on_killed)
    version = ""
    async with tenant.turn(KILL_LISTS):
        async for page in api.pages(path, by_label):
            for pod in page["items"]:
                pods.look_at(pod, exists=True)
            version = page["metadata"]["resourceVersion"]
    if len(pods.left) <= replicas:
        return
    async with (
        tenant.turn(KILL_WATCHES),
        asyncio.timeout(None if pods.end else _BEGIN_SECONDS) as beginning,
    ):
        async for change, pod in api.changes(path, version, by_label):
            pods.look_at(pod, exists=change != "DELETED")
            if pods.end:
                beginning.reschedule(None)
            if len(pods.left) <= replicas or (beginning.when() is None and not pods.end):
                return


class _Pods:
    """The Pods of a workload, as far as they were seen."""

    def __init__(self, on_killed: OnKilled) -> None:
        self._on_killed = on_killed
        self.left: dict[str, bool] = {}
        """The UIDs of those that are not killed, and whether each ends."""

    @property
    def end(self) -> bool:
        return any(self.left.values())

    def look_at(self, pod: Mapping[str, Any], *, exists: bool) -> None:
        uid = pod["metadata"]["uid"]
        was_killed = _was_killed(pod)
        if was_killed:
            self._on_killed(uid, pod["metadata"]["name"])
        if exists and not was_killed:
            self.left[uid] = "deletionTimestamp" in pod["metadata"]
        else:
            self.left.pop(uid, None)


def _was_killed(pod: Mapping[str, Any]) -> bool:
    """Return whether a container ended by SIGKILL at the Pod's end, and not for lack of memory."""
    if "deletionTimestamp" not in pod["metadata"]:
        return False
    ends = (
        container.get("state", {}).get("terminated") or {}
        for container in pod.get("status", {}).get("containerStatuses", ())
    )
    return any(end.get("exitCode") == _SIGKILLED and end.get("reason") == "Error" for end in ends)
