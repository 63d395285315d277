"""Watches HorizontalPodAutoscalers and ScaledObjects, which may scale the same workload.

Two autoscalers of one workload overwrite each other's count again and again.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from mare.cluster.api import Api
from mare.cluster.paths import Resource
from mare.cluster.watch import keep_watching
from mare.custom_resource.autoscaler import ScaleTarget
from mare.ports import AccessRefused, NotFound

_KINDS = {
    "HorizontalPodAutoscaler": Resource("autoscaling/v2", "horizontalpodautoscalers"),
    "ScaledObject": Resource("keda.sh/v1alpha1", "scaledobjects"),
}
_PAUSED = "autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas"
"""Annotations of a ScaledObject that does not scale its workload."""
_log = logging.getLogger(__name__)

Workload = tuple[str, str, str]
"""Namespace, kind and name."""


class _Autoscaler(NamedTuple):
    kind: str
    namespace: str
    name: str


class WatchedConflicts:
    """Implements `mare.ports.ConflictingAutoscalers`, for some namespaces or, without any, all.

    A kind that may not be watched is treated as if it had no objects.
    """

    def __init__(self, api: Api, namespaces: Sequence[str]) -> None:
        self._api = api
        self._watches = [(kind, scope) for kind in _KINDS for scope in namespaces or (None,)]
        self._not_synced = set(self._watches)
        self._synced = asyncio.Event()
        self._target_of: dict[_Autoscaler, Workload] = {}
        self._autoscalers_of: defaultdict[Workload, set[_Autoscaler]] = defaultdict(set)

    def find(self, target: ScaleTarget) -> str | None:
        autoscalers = self._autoscalers_of.get((target.namespace, target.kind, target.name))
        if not autoscalers:
            return None
        first = min(autoscalers)
        return f"{first.kind} {first.name}"

    async def wait_until_synced(self) -> None:
        """Return when each kind has been listed once, or cannot be."""
        await self._synced.wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for kind, scope in self._watches:
                group.create_task(self._watch(kind, scope))

    async def _watch(self, kind: str, scope: str | None) -> None:
        def on_refusal(error: NotFound | AccessRefused) -> None:
            _log.debug("Other autoscalers cannot be watched", extra={"error": str(error)})
            self._replace_all(kind, scope, {})

        await keep_watching(
            partial(self._list_and_watch, kind, scope),
            kind=kind,
            on_refusal=on_refusal,
        )

    async def _list_and_watch(self, kind: str, scope: str | None) -> None:
        path, version = _KINDS[kind].path(scope), ""
        listed: dict[_Autoscaler, Workload | None] = {}
        async for page in self._api.pages(path):
            listed |= {_identity(kind, item): _target(item) for item in page["items"]}
            version = page["metadata"]["resourceVersion"]
        self._replace_all(kind, scope, listed)
        async for change, item in self._api.changes(path, version):
            self._set(_identity(kind, item), None if change == "DELETED" else _target(item))

    def _replace_all(
        self, kind: str, scope: str | None, listed: Mapping[_Autoscaler, Workload | None]
    ) -> None:
        for known in self._target_of.keys() - listed.keys():
            if known.kind == kind and scope in (None, known.namespace):
                self._set(known, None)
        for autoscaler, target in listed.items():
            self._set(autoscaler, target)
        self._not_synced.discard((kind, scope))
        if not self._not_synced:
            self._synced.set()

    def _set(self, autoscaler: _Autoscaler, target: Workload | None) -> None:
        before = self._target_of.pop(autoscaler, None)
        if before is not None:
            self._autoscalers_of[before].discard(autoscaler)
            if not self._autoscalers_of[before]:
                del self._autoscalers_of[before]
        if target is not None:
            self._target_of[autoscaler] = target
            self._autoscalers_of[target].add(autoscaler)


def _identity(kind: str, item: Mapping[str, Any]) -> _Autoscaler:
    return _Autoscaler(kind, item["metadata"]["namespace"], item["metadata"]["name"])


def _target(item: Mapping[str, Any]) -> Workload | None:
    """Return what an autoscaler scales; None if it scales nothing, or is too large to be read."""
    if "spec" not in item:
        return None
    metadata, target = item["metadata"], item["spec"]["scaleTargetRef"]
    annotations = metadata.get("annotations", {})
    if any(annotations.get(name, "false") != "false" for name in _PAUSED):
        return None
    return metadata["namespace"], target.get("kind", "Deployment"), target["name"]
