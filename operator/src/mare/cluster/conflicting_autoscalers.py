"""Other autoscalers of the same workload: two that pull at one count never come to rest."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from mare.cluster.api import Api
from mare.cluster.discovery import Resource
from mare.cluster.watching import watch_for_ever
from mare.custom_resource.autoscaler import ScaleTarget
from mare.ports import AccessRefused, NotFound

_KINDS = {
    "HorizontalPodAutoscaler": Resource("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    "ScaledObject": Resource("/apis/keda.sh/v1alpha1", "scaledobjects"),
}
_PAUSED = "autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas"
"""Annotations of a ScaledObject that leaves its workload alone."""
_PAUSE = 5.0
_log = logging.getLogger(__name__)

Place = tuple[str, str, str]
"""Namespace, kind and name of a workload."""


class _Rival(NamedTuple):
    kind: str
    namespace: str
    name: str


class WatchedConflicts:
    """Those of some namespaces, or without any of all. Who may not watch them finds none."""

    def __init__(self, api: Api, namespaces: Sequence[str]) -> None:
        self._api = api
        self._followed = [(kind, scope) for kind in _KINDS for scope in namespaces or (None,)]
        self._unlooked = set(self._followed)
        self._looked = asyncio.Event()
        self._claims: dict[_Rival, Place] = {}
        self._claimed: defaultdict[Place, set[_Rival]] = defaultdict(set)

    def find(self, target: ScaleTarget) -> str | None:
        claimed = self._claimed.get((target.namespace, target.kind, target.name))
        if not claimed:
            return None
        rival = min(claimed)
        return f"{rival.kind} {rival.name}"

    async def wait_until_synced(self) -> None:
        """Return when all that can be seen has been seen once."""
        await self._looked.wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for kind, scope in self._followed:
                group.create_task(self._follow(kind, scope))

    async def _follow(self, kind: str, scope: str | None) -> None:
        def unseen(error: NotFound | AccessRefused) -> None:
            _log.debug("Other autoscalers are not seen", extra={"error": str(error)})
            self._all(kind, scope, {})

        await watch_for_ever(
            partial(self._list_and_watch, kind, scope), kind=kind, pause=_PAUSE, on_refusal=unseen
        )

    async def _list_and_watch(self, kind: str, scope: str | None) -> None:
        path, version = _KINDS[kind].of(scope), ""
        there: dict[_Rival, Place | None] = {}
        async for page in self._api.pages(path):
            there |= {_rival(kind, item): _claim(item) for item in page["items"]}
            version = page["metadata"]["resourceVersion"]
        self._all(kind, scope, there)
        async for change, item in self._api.changes(path, version):
            self._note(_rival(kind, item), None if change == "DELETED" else _claim(item))

    def _all(self, kind: str, scope: str | None, there: Mapping[_Rival, Place | None]) -> None:
        for rival in self._claims.keys() - there.keys():
            if rival.kind == kind and scope in (None, rival.namespace):
                self._note(rival, None)
        for rival, claim in there.items():
            self._note(rival, claim)
        self._unlooked.discard((kind, scope))
        if not self._unlooked:
            self._looked.set()

    def _note(self, rival: _Rival, claim: Place | None) -> None:
        before = self._claims.pop(rival, None)
        if before is not None:
            self._claimed[before].discard(rival)
            if not self._claimed[before]:
                del self._claimed[before]
        if claim is not None:
            self._claims[rival] = claim
            self._claimed[claim].add(rival)


def _rival(kind: str, item: Mapping[str, Any]) -> _Rival:
    return _Rival(kind, item["metadata"]["namespace"], item["metadata"]["name"])


def _claim(item: Mapping[str, Any]) -> Place | None:
    """The workload that it scales, if it does."""
    metadata, target = item["metadata"], item["spec"]["scaleTargetRef"]
    annotations = metadata.get("annotations", {})
    if any(annotations.get(name, "false") != "false" for name in _PAUSED):
        return None
    return metadata["namespace"], target.get("kind", "Deployment"), target["name"]
