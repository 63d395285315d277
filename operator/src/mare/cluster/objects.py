"""Reads and writes QueueAutoscalers, their Events and Secrets."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from mare.cluster.api import MERGE_PATCH, METADATA, METADATA_LIST, Api
from mare.cluster.paths import Resource
from mare.custom_resource.autoscaler import (
    BROKER_LABEL,
    Autoscaler,
    Key,
    used_fields,
)
from mare.ports import AccessRefused, NotFound, Unavailable

GROUP, VERSION, PLURAL = "mare.dev", "v1alpha1", "queueautoscalers"
QUEUE_AUTOSCALERS = Resource(f"{GROUP}/{VERSION}", PLURAL)
EVENTS = Resource("events.k8s.io/v1", "events")
_SECRETS = Resource("v1", "secrets")
_MAX_NOTE, _MAX_INSTANCE = 1024, 128
"""Limits of the Event API, in characters."""
_MAX_NAME = 200
"""Characters of the object's name in that of an Event, which has 253 at most."""


class StoredSecrets:
    """Reads Secrets one at a time, so that the right to list them is not needed."""

    def __init__(self, api: Api, *, require_label: bool) -> None:
        self._api = api
        self._require_label = require_label

    async def read(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the data, as base64; raises as `Api.request`.

        A Secret without the label raises `AccessRefused`: RBAC cannot select Secrets by label, and
        not each Secret of a namespace is meant for each of its users.
        """
        secret = await self._api.request("GET", _SECRETS.path(namespace, name))
        label, _, value = BROKER_LABEL.partition("=")
        labels = secret["metadata"].get("labels") or {}
        if self._require_label and labels.get(label) != value:
            raise AccessRefused(
                f"Secret {name} does not have the label {BROKER_LABEL}:"
                f" run kubectl -n {namespace} label secret {name} {BROKER_LABEL}"
            )
        return secret.get("data") or {}


class StoredObjects:
    """Implements `mare.ports.Objects`. `instance` names this replica in Events."""

    def __init__(self, api: Api, instance: str) -> None:
        self._api = api
        self._instance = instance

    async def read(self, key: Key) -> Mapping[str, Any]:
        # A list of one: the operator has the right to get objects only with `rbac.jobs`.
        selector = ("fieldSelector", f"metadata.name={key.name}")
        async for page in self._api.pages(QUEUE_AUTOSCALERS.path(key.namespace), selector):
            for item in page["items"]:
                return used_fields(item)
        raise NotFound(f"{key.name} does not exist")

    async def write_status(
        self, autoscaler: Autoscaler, version: str, status: Mapping[str, Any]
    ) -> str:
        path = QUEUE_AUTOSCALERS.path(*autoscaler.key, "status")
        # A former leader knows an older version than the one that the new leader has written.
        metadata = {"uid": autoscaler.uid, "resourceVersion": version}
        body = {"metadata": metadata, "status": status}
        answer = await self._api.request("PATCH", path, body, kind=MERGE_PATCH, accept=METADATA)
        written = answer.get("metadata") or {}
        if written.get("uid") != autoscaler.uid or not written.get("resourceVersion"):
            raise Unavailable("the API server answers with another object")
        return str(written["resourceVersion"])

    async def uids(self, namespaces: tuple[str, ...]) -> set[str]:
        uids = set()
        for namespace in namespaces or (None,):
            path = QUEUE_AUTOSCALERS.path(namespace)
            async for page in self._api.pages(path, accept=METADATA_LIST):
                uids |= {item["metadata"]["uid"] for item in page["items"]}
        return uids

    async def publish_event(
        self, autoscaler: Autoscaler, kind: str, reason: str, message: str
    ) -> None:
        namespace, name = autoscaler.key
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        event: dict[str, Any] = {
            "metadata": {"name": _event_name(name), "namespace": namespace},
            "type": kind,
            "reason": reason,
            "note": message[:_MAX_NOTE],
            "action": "Scale",
            "eventTime": now,
            "reportingController": "mare.dev/operator",
            "reportingInstance": self._instance[:_MAX_INSTANCE],
            "regarding": {
                "apiVersion": QUEUE_AUTOSCALERS.api_version,
                "kind": "QueueAutoscaler",
                "namespace": namespace,
                "name": name,
                "uid": autoscaler.uid,
            },
        }
        await self._api.request("POST", EVENTS.path(namespace), event)


def _event_name(name: str) -> str:
    """Return a name of an Event: no part of it ends with a hyphen or is empty, also where cut."""
    return f"{name[:_MAX_NAME].rstrip('-.')}.{uuid4().hex[:16]}"
