"""Scale targets: watched, so that nothing is asked for while nothing changes."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from mare.cluster.api import MERGE_PATCH, Api
from mare.cluster.discovery import Kinds, Resource
from mare.cluster.pods import Pods
from mare.cluster.watching import watch_for_ever
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import NOT_READ_YET, AccessRefused, Conflict, NotFound, Scale, Unavailable

_PAUSE = 1.0
_OF_REPLICA_SETS = {("apps", "Deployment"), ("apps", "ReplicaSet"), ("argoproj.io", "Rollout")}
_log = logging.getLogger(__name__)

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
        self._reads: set[asyncio.Task[None]] = set()

    def get(self, target: ScaleTarget) -> Scale | Unknown:
        place = self._place(target)
        if place not in self._watches:
            self._watches[place] = asyncio.create_task(self._follow(place))
        elif target not in self._wanted and not _tells_all(target.api_version):
            self._read_late(target)
        self._wanted.add(target)
        return self._seen.get(target, NOT_READ_YET)

    def keep_only(self, targets: Iterable[ScaleTarget]) -> None:
        """Forget all others, and end watches that nobody needs."""
        self._wanted &= set(targets)
        needed = {self._place(target) for target in self._wanted}
        for place in self._watches.keys() - needed:
            self._watches.pop(place).cancel()
        for target in self._seen.keys() - self._wanted:
            if self._place(target) not in needed or not _tells_all(target.api_version):
                del self._seen[target]

    def _place(self, target: ScaleTarget) -> Place:
        namespace = None if self._cluster_wide else target.namespace
        return target.api_version, target.kind, namespace

    async def scale(self, target: ScaleTarget, last_read: Scale, replicas: int) -> None:
        resource = await self._kinds.find(target.api_version, target.kind)
        path = f"{resource.of(target.namespace)}/{target.name}/scale"
        body = {"metadata": {"resourceVersion": last_read.version}, "spec": {"replicas": replicas}}
        answer = await self._api.request("PATCH", path, body, kind=MERGE_PATCH)
        self._note_scale(target, answer, last_read)

    async def refresh(self, target: ScaleTarget) -> None:
        """Read one workload now, after a conflict."""
        resource = await self._kinds.find(target.api_version, target.kind)
        await self._read_one(resource, target)

    async def set_deletion_costs(
        self, target: ScaleTarget, last_read: Scale, busy: Mapping[str, int]
    ) -> bool:
        if last_read.ignores_deletion_cost or not last_read.selector:
            return False
        return await self._pods.set_deletion_costs(target.namespace, last_read.selector, busy)

    def _read_late(self, target: ScaleTarget) -> None:
        """Read a workload whose kind was listed before anybody asked for this one."""
        read = asyncio.create_task(self._read_until_known(target))
        self._reads.add(read)
        read.add_done_callback(self._reads.discard)

    async def _read_until_known(self, target: ScaleTarget) -> None:
        while target in self._wanted:
            try:
                await self.refresh(target)
            except NotFound:
                self._gone(target)
                return
            except AccessRefused as error:
                self._seen[target] = Unknown("Forbidden", str(error))
            except (Unavailable, Conflict) as error:
                _log.info("Workload is not read yet", extra={"error": str(error)[:512]})
            except Exception:  # noqa: BLE001 - whatever an answer looks like, it is asked for again
                _log.exception("Workload is not read yet")
            else:
                return
            await asyncio.sleep(_PAUSE)

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
        if _tells_all(target.api_version):
            self._seen[target] = _read_workload(item, target)
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
            ignores_deletion_cost=not _keeps_replica_sets(target),
        )

    def _gone(self, target: ScaleTarget) -> None:
        self._seen.pop(target, None)
        if target in self._wanted:
            why = Unknown("WorkloadNotFound", f"{target} does not exist", str(target))
            self._seen[target] = why

    def _all_unknown(self, place: Place, why: Unknown) -> None:
        for target in [t for t in self._wanted if self._place(t) == place]:
            self._seen[target] = why

    async def close(self) -> None:
        tasks = [*self._watches.values(), *self._reads]
        self._watches.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tells_all(api_version: str) -> bool:
    """Whether an object of it tells count, ready replicas and grace period itself."""
    return api_version == "apps/v1"


def _target(item: Mapping[str, Any], api_version: str, kind: str) -> ScaleTarget:
    metadata = item["metadata"]
    return ScaleTarget(metadata["namespace"], api_version, kind, metadata["name"])


def _keeps_replica_sets(target: ScaleTarget) -> bool:
    """Whether its Pods go in the order of their deletion costs."""
    return (target.api_version.partition("/")[0], target.kind) in _OF_REPLICA_SETS


def _read_workload(item: Mapping[str, Any], target: ScaleTarget) -> Scale:
    spec, status = item["spec"], item.get("status", {})
    selector = spec.get("selector", {})
    pod = spec.get("template", {}).get("spec", {})
    return Scale(
        replicas=spec.get("replicas", 1),
        version=item["metadata"]["resourceVersion"],
        ready=status.get("readyReplicas", 0),
        selector=_selector(selector),
        grace_seconds=pod.get("terminationGracePeriodSeconds", 30),
        ignores_deletion_cost=not _keeps_replica_sets(target),
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
