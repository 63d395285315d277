"""Watches HorizontalPodAutoscalers, which may scale the same workload.

Two autoscalers of one workload overwrite each other's count again and again. KEDA scales a workload
as long as its ScaledObject has an HPA: it creates the HPA first, which took up to 24 s on a loaded
machine, and deletes it for a pause. So each side takes over in the moment in which the other stops.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from mare.cluster.api import Api
from mare.cluster.paths import MAX_LABEL, MAX_SUBDOMAIN, Resource
from mare.cluster.watch import keep_watching
from mare.custom_resource.autoscaler import ScaleTarget, is_older
from mare.ports import AccessRefused, NotFound

_KIND = "HorizontalPodAutoscaler"
_HPAS = Resource("autoscaling/v2", "horizontalpodautoscalers")
_REFUSED_SECONDS = 60.0
"""Time for which requests have to be refused until what is known of HPAs is dropped: an upgrade of
the chart can replace the rights of the operator, which refuses them for seconds."""
MOST_OF_NAMESPACE = 2_000
"""As many objects as a namespace may have. 50,000 autoscalers with long names took 53 MiB."""
_LIST_AGAIN_SECONDS = 60.0
"""After a list in which a namespace had more of them."""
_log = logging.getLogger(__name__)

Workload = tuple[str, str, str]
"""Namespace, kind and name."""


class _Autoscaler(NamedTuple):
    namespace: str
    name: str


class WatchedConflicts:
    """Implements `mare.ports.ConflictingAutoscalers`, for some namespaces or, without any, all.

    If HPAs may not be watched for a minute, none is known. In a namespace with too many of them,
    each workload counts as scaled by one.
    """

    def __init__(self, api: Api, namespaces: Sequence[str]) -> None:
        self._api = api
        self._scopes = tuple(namespaces) or (None,)
        self._not_synced = set(self._scopes)
        self._synced = asyncio.Event()
        self._refused_since: dict[str | None, float] = {}
        self._target_of: dict[_Autoscaler, Workload] = {}
        self._counts: Counter[str] = Counter()
        """Autoscalers that are kept of each namespace."""
        self._overfull: set[str] = set()
        """Namespaces with others, which are not kept."""
        self._autoscalers_of: defaultdict[Workload, set[_Autoscaler]] = defaultdict(set)

    def find(self, target: ScaleTarget) -> str | None:
        autoscalers = self._autoscalers_of.get((target.namespace, target.kind, target.name))
        if autoscalers:
            return f"{_KIND} {min(autoscalers).name}"
        if target.namespace in self._overfull:
            return f"possibly one of more than {MOST_OF_NAMESPACE:,} {_KIND}s"
        return None

    async def wait_until_synced(self) -> None:
        """Return when each namespace has been listed once, or cannot be."""
        await self._synced.wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for scope in self._scopes:
                group.create_task(self._watch(scope))

    async def _watch(self, scope: str | None) -> None:
        now = asyncio.get_running_loop().time

        def on_refusal(error: NotFound | AccessRefused) -> None:
            _log.debug("Other autoscalers cannot be watched", extra={"error": str(error)})
            refused_since = self._refused_since.setdefault(scope, now())
            if now() - refused_since >= _REFUSED_SECONDS:
                self._replace_all(scope, {})
            self._set_synced(scope)

        await keep_watching(partial(self._list_and_watch, scope), kind=_KIND, on_refusal=on_refusal)

    async def _list_and_watch(self, scope: str | None) -> None:
        """List and watch. Events that are older than what is known are left out."""
        path, version = _HPAS.path(scope), ""
        listed: dict[_Autoscaler, Workload] = {}
        counts: Counter[str] = Counter()
        async for page in self._api.pages(path):
            for item in page["items"]:
                namespace = item["metadata"]["namespace"]
                target = _target(item)
                if target is not None and counts[namespace] <= MOST_OF_NAMESPACE:
                    counts[namespace] += 1
                    listed[_identity(item)] = target
            version = page["metadata"]["resourceVersion"]
        self._refused_since.pop(scope, None)
        self._replace_all(scope, listed)
        self._set_synced(scope)
        list_again = asyncio.get_running_loop().time() + _LIST_AGAIN_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout_at(list_again if self._overfull else None) as limit:
                async for change, item in self._api.changes(path, version):
                    if is_older(item["metadata"]["resourceVersion"], than=version):
                        continue
                    version = item["metadata"]["resourceVersion"]
                    self._set(_identity(item), None if change == "DELETED" else _target(item))
                    if self._overfull and limit.when() is None:
                        limit.reschedule(list_again)

    def _replace_all(self, scope: str | None, listed: Mapping[_Autoscaler, Workload]) -> None:
        for known in self._target_of.keys() - listed.keys():
            if scope in (None, known.namespace):
                self._set(known, None)
        self._overfull = {each for each in self._overfull if scope not in (None, each)}
        for autoscaler, target in listed.items():
            self._set(autoscaler, target)

    def _set_synced(self, scope: str | None) -> None:
        self._not_synced.discard(scope)
        if not self._not_synced:
            self._synced.set()

    def _set(self, autoscaler: _Autoscaler, target: Workload | None) -> None:
        before = self._target_of.pop(autoscaler, None)
        if before is not None:
            self._counts[autoscaler.namespace] -= 1
            self._autoscalers_of[before].discard(autoscaler)
            if not self._autoscalers_of[before]:
                del self._autoscalers_of[before]
        if target is not None and self._counts[autoscaler.namespace] >= MOST_OF_NAMESPACE:
            self._overfull.add(autoscaler.namespace)
        elif target is not None:
            self._counts[autoscaler.namespace] += 1
            self._target_of[autoscaler] = target
            self._autoscalers_of[target].add(autoscaler)


def _identity(item: Mapping[str, Any]) -> _Autoscaler:
    return _Autoscaler(item["metadata"]["namespace"], item["metadata"]["name"])


def _target(item: Mapping[str, Any]) -> Workload | None:
    """Return what an autoscaler scales; None if it is too large to be read, or to exist."""
    if "spec" not in item:
        return None
    target = item["spec"]["scaleTargetRef"]
    kind, name = target.get("kind", "Deployment"), target["name"]
    # The API server accepts references with 1 MB, which would be kept.
    if len(kind) > MAX_LABEL or len(name) > MAX_SUBDOMAIN:
        return None
    return item["metadata"]["namespace"], kind, name
