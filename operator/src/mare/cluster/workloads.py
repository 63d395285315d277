"""Scale targets: watched, so that nothing is asked for while nothing changes."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from mare.cluster.api import MERGE_PATCH, Api
from mare.cluster.kinds import Kinds, Resource
from mare.cluster.pods import Pods
from mare.cluster.watching import watch_for_ever
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import NOT_READ_YET, AccessRefused, NotFound, Scale

_PAUSE = 1.0

Place = tuple[str, str, str | None]
"""API version, kind and namespace of a watch; without a namespace, of all."""


class WatchedWorkloads:
    """Follows each kind that is asked for, in each of the namespaces or in all."""

    def __init__(self, api: Api, *, cluster_wide: bool) -> None:
        self._api = api
        self._kinds = Kinds(api)
        self._pods = Pods(api)
        self._cluster_wide = cluster_wide
        self._wanted: set[ScaleTarget] = set()
        self._seen: dict[ScaleTarget, Scale | Unknown] = {}
        self._watches: dict[Place, asyncio.Task[None]] = {}

    def seen(self, target: ScaleTarget) -> Scale | Unknown:
        self._wanted.add(target)
        place = self._place(target)
        if place not in self._watches:
            self._watches[place] = asyncio.create_task(self._follow(place))
        return self._seen.get(target, NOT_READ_YET)

    def keep_only(self, targets: Iterable[ScaleTarget]) -> None:
        """Forget all others, and end watches that nobody needs."""
        self._wanted &= set(targets)
        needed = {self._place(target) for target in self._wanted}
        for place in self._watches.keys() - needed:
            self._watches.pop(place).cancel()
            for target in [t for t in self._seen if self._place(t) == place]:
                del self._seen[target]

    def _place(self, target: ScaleTarget) -> Place:
        namespace = None if self._cluster_wide else target.namespace
        return target.api_version, target.kind, namespace

    async def scale(self, target: ScaleTarget, seen: Scale, replicas: int) -> None:
        resource = await self._kinds.find(target.api_version, target.kind)
        path = f"{resource.of(target.namespace)}/{target.name}/scale"
        body = {"metadata": {"resourceVersion": seen.version}, "spec": {"replicas": replicas}}
        answer = await self._api.request("PATCH", path, body, kind=MERGE_PATCH)
        self._note_scale(target, answer, seen)

    async def refresh(self, target: ScaleTarget) -> None:
        """Read one workload now, after a conflict."""
        resource = await self._kinds.find(target.api_version, target.kind)
        await self._read_one(resource, target)

    async def prefer(self, target: ScaleTarget, seen: Scale, busy: Mapping[str, int]) -> None:
        if target.kind in ("Deployment", "ReplicaSet") and seen.selector:
            await self._pods.prefer(target.namespace, seen.selector, busy)

    async def _follow(self, place: Place) -> None:
        def unseen(error: NotFound | AccessRefused) -> None:
            reason = "KindNotFound" if isinstance(error, NotFound) else "Forbidden"
            self._all_unknown(place, Unknown(reason, str(error)))

        await watch_for_ever(
            partial(self._list_and_watch, place), kind=place[1], pause=_PAUSE, on_refusal=unseen
        )

    async def _list_and_watch(self, place: Place) -> None:
        api_version, kind, namespace = place
        resource = await self._kinds.find(api_version, kind)
        version = await self._list(place, resource)
        async for change, item in self._api.changes(resource.of(namespace), version):
            target = _target(item, api_version, kind)
            if change == "DELETED":
                self._gone(target)
            else:
                await self._note(target, resource, item)

    async def _list(self, place: Place, resource: Resource) -> str:
        """Note all that there are; return the version to go on from."""
        there: set[ScaleTarget] = set()
        version = ""
        async for page in self._api.pages(resource.of(place[2])):
            for item in page["items"]:
                target = _target(item, place[0], place[1])
                there.add(target)
                await self._note(target, resource, item)
            version = str(page["metadata"]["resourceVersion"])
        for target in (self._wanted | self._seen.keys()) - there:
            if self._place(target) == place:
                self._gone(target)
        return version

    async def _note(self, target: ScaleTarget, resource: Resource, item: Mapping[str, Any]) -> None:
        """An item of apps/v1 says all; of another kind only /scale knows where the count is."""
        if resource.root == "/apis/apps/v1":
            self._seen[target] = _read_workload(item)
        elif target in self._wanted:
            with suppress(NotFound):
                await self._read_one(resource, target)

    async def _read_one(self, resource: Resource, target: ScaleTarget) -> None:
        path = f"{resource.of(target.namespace)}/{target.name}/scale"
        self._note_scale(target, await self._api.request("GET", path), self._seen.get(target))

    def _note_scale(
        self, target: ScaleTarget, answer: Mapping[str, Any], before: Scale | Unknown | None
    ) -> None:
        known = before if isinstance(before, Scale) else None
        self._seen[target] = Scale(
            replicas=answer.get("spec", {}).get("replicas", 0),
            version=answer["metadata"]["resourceVersion"],
            ready=known.ready
            if known
            else Unknown("NotReported", "/scale tells no ready replicas"),
            selector=answer.get("status", {}).get("selector", ""),
            grace_seconds=known.grace_seconds if known else None,
        )

    def _gone(self, target: ScaleTarget) -> None:
        self._seen[target] = Unknown("WorkloadNotFound", f"{target} does not exist", str(target))

    def _all_unknown(self, place: Place, why: Unknown) -> None:
        for target in [t for t in self._wanted if self._place(t) == place]:
            self._seen[target] = why

    async def close(self) -> None:
        watches = list(self._watches.values())
        self._watches.clear()
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


def _target(item: Mapping[str, Any], api_version: str, kind: str) -> ScaleTarget:
    metadata = item["metadata"]
    return ScaleTarget(metadata["namespace"], api_version, kind, metadata["name"])


def _read_workload(item: Mapping[str, Any]) -> Scale:
    spec, status = item["spec"], item.get("status", {})
    selector = spec.get("selector", {})
    pod = spec.get("template", {}).get("spec", {})
    return Scale(
        replicas=spec.get("replicas", 1),
        version=item["metadata"]["resourceVersion"],
        ready=status.get("readyReplicas", 0),
        selector=_selector(selector),
        grace_seconds=pod.get("terminationGracePeriodSeconds", 30),
    )


def _selector(selector: Mapping[str, Any]) -> str:
    parts = [f"{key}={value}" for key, value in selector.get("matchLabels", {}).items()]
    for rule in selector.get("matchExpressions", ()):
        key, values = rule["key"], ",".join(rule.get("values", ()))
        match rule["operator"]:
            case "Exists":
                parts.append(key)
            case "DoesNotExist":
                parts.append(f"!{key}")
            case operator:
                parts.append(f"{key} {operator.lower()} ({values})")
    return ",".join(parts)
