"""QueueAutoscalers and what is written about them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from mare.cluster.api import MERGE_PATCH, METADATA, METADATA_LIST, Api
from mare.custom_resource.autoscaler import Autoscaler, Key

GROUP, VERSION, PLURAL = "mare.dev", "v1alpha1", "queueautoscalers"
_LONGEST_NOTE = 1024


class StoredObjects:
    def __init__(self, api: Api, instance: str) -> None:
        self._api = api
        self._instance = instance

    async def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        path = f"{_path(key.namespace)}/{key.name}/status"
        await self._api.request(
            "PATCH", path, {"status": status}, kind=MERGE_PATCH, accept=METADATA
        )

    async def uids(self, namespaces: tuple[str, ...]) -> set[str]:
        """The objects that exist; raises as `Api.request`."""
        found = set()
        for namespace in namespaces or ("",):
            async for page in self._api.pages(_path(namespace), accept=METADATA_LIST):
                found |= {item["metadata"]["uid"] for item in page["items"]}
        return found

    async def publish_event(
        self, autoscaler: Autoscaler, kind: str, reason: str, message: str
    ) -> None:
        namespace, name = autoscaler.key
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        event = {
            "metadata": {"name": f"{name[:200]}.{uuid4().hex[:16]}", "namespace": namespace},
            "type": kind,
            "reason": reason,
            "note": message[:_LONGEST_NOTE],
            "action": "Scale",
            "eventTime": now,
            "reportingController": "mare.dev/operator",
            "reportingInstance": self._instance[:128],
            "regarding": {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": "QueueAutoscaler",
                "namespace": namespace,
                "name": name,
                "uid": autoscaler.uid,
            },
        }
        path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
        await self._api.request("POST", path, event)


def _path(namespace: str) -> str:
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/{GROUP}/{VERSION}{scope}/{PLURAL}"
