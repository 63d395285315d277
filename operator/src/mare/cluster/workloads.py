"""Scale targets: each kind is watched, so that an unchanged workload costs no request."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from mare.background import Tasks, cancel
from mare.backoff import Backoff
from mare.cluster.api import MERGE_PATCH, METADATA, METADATA_LIST, Api
from mare.cluster.discovery import Discovery
from mare.cluster.killed_pods import watch_killed
from mare.cluster.other_workloads import OtherWorkloads
from mare.cluster.paths import Resource
from mare.cluster.pods import Pods
from mare.cluster.scales import (
    accepted,
    invalid_name,
    is_complete,
    keepable,
    missing,
    scale_of_item,
    scale_of_subresource,
    target_of_item,
)
from mare.cluster.unready_pods import unready_cause
from mare.cluster.watch import FIRST_PAUSE, LONGEST_PAUSE, keep_watching
from mare.custom_resource.autoscaler import ScaleTarget, is_older
from mare.domain.observation import READY_NOT_REPORTED
from mare.domain.unknown import Unknown
from mare.ports import NOT_READ_YET, AccessRefused, ApiError, NotFound, OnKilled, Removal, Scale
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import KINDS, WORKLOAD_READS, TenantScheduler

_log = logging.getLogger(__name__)

Watched = tuple[str, str, str | None]
"""API version, kind and namespace of a watch; None means all namespaces."""


class WatchedWorkloads:
    """Implements `mare.ports.Workloads` by a watch of each kind, in each namespace or in all."""

    def __init__(
        self,
        api: Api,
        *,
        cluster_wide: bool,
        marks_pods: bool = True,
        scheduler: TenantScheduler | None = None,
    ) -> None:
        self._api = api
        self._marks_pods = marks_pods
        self._scheduler = scheduler or TenantScheduler()
        self._discovery = Discovery(api, self._scheduler)
        self._pods = Pods(api, self._scheduler)
        self._cluster_wide = cluster_wide
        self._targets: set[ScaleTarget] = set()
        self._targets_by_watch: dict[Watched, dict[ScaleTarget, None]] = {}
        self._last_read: dict[ScaleTarget, Scale | Unknown] = {}
        self._others = OtherWorkloads()
        self._watches: dict[Watched, asyncio.Task[None]] = {}
        self._listed: set[Watched] = set()
        self._reads = Tasks()
        self._outdated: dict[ScaleTarget, bool] = {}
        """The workloads that are being read, and whether they have changed since that began."""

    def get(self, target: ScaleTarget) -> Scale | Unknown:
        if target in self._targets:
            return self._last_read.get(target, NOT_READ_YET)
        if (invalid := invalid_name(target)) is not None:
            return invalid
        watched = self._watched(target)
        if (known := self._others.pop(target)) is not None:
            self._last_read.setdefault(target, known)
        if watched not in self._watches:
            if (why := self._begin(watched, target.namespace)) is not None:
                return why
        elif not is_complete(target.api_version) or (
            watched in self._listed and target not in self._last_read
        ):
            # The kind was listed before the workload was a target.
            self._start_read(target)
        self._targets.add(target)
        self._targets_by_watch.setdefault(watched, {})[target] = None
        return self._last_read.get(target, NOT_READ_YET)

    def _begin(self, watched: Watched, namespace: str) -> Unknown | None:
        """Begin a watch; return why not."""
        try:
            self._scheduler.hold(KINDS, namespace, 1)
        except OverBudget as error:
            return error.why
        task = self._watches[watched] = asyncio.create_task(self._watch(watched))
        task.add_done_callback(lambda _: self._scheduler.hold(KINDS, namespace, -1))
        return None

    def keep_only(self, targets: Iterable[ScaleTarget]) -> None:
        """Drop all other targets, and end the watches that no target needs."""
        self._targets &= set(targets)
        needed: dict[Watched, dict[ScaleTarget, None]] = {}
        for target in self._targets:
            needed.setdefault(self._watched(target), {})[target] = None
        self._targets_by_watch = needed
        for watched in self._watches.keys() - needed.keys():
            self._watches.pop(watched).cancel()
        self._listed &= needed.keys()
        for target in self._last_read.keys() - self._targets:
            scale = self._last_read.pop(target)
            if is_complete(target.api_version):
                self._others.put(target, scale)
        self._others.keep(lambda target: self._watched(target) in needed)

    def _watched(self, target: ScaleTarget) -> Watched:
        namespace = None if self._cluster_wide else target.namespace
        return target.api_version, target.kind, namespace

    async def scale(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,  # noqa: ARG002 - one request
    ) -> None:
        body = {"metadata": {"resourceVersion": last_read.version}, "spec": {"replicas": replicas}}
        await self._request_scale("PATCH", target, body)

    async def refresh(self, target: ScaleTarget) -> None:
        await self._request_scale("GET", target)

    async def _request_scale(
        self, method: str, target: ScaleTarget, body: Mapping[str, Any] | None = None
    ) -> None:
        """Keep the answer, unless the watch has brought a newer version or the end meanwhile."""
        resource = await self._discovery.find(target.api_version, target.kind, [target.namespace])
        path = resource.path(target.namespace, target.name, "scale")
        before = self._last_read.get(target)
        answer = await self._api.request(method, path, body=body, kind=MERGE_PATCH)
        known = self._last_read.get(target)
        if known is not before and known == missing(target):
            return
        new = scale_of_subresource(answer, target, known, may_mark=self._marks_pods)
        if not (isinstance(known, Scale) and is_older(new.version, known.version)):
            self._last_read[target] = keepable(new, target)

    async def mark_victims(
        self,
        target: ScaleTarget,
        last_read: Scale,
        removal: Removal,
        is_allowed: Callable[[], bool],
    ) -> bool:
        namespace, selector = target.namespace, last_read.selector
        if last_read.ignores_deletion_cost or not selector:
            return False
        return await self._pods.mark_victims(namespace, selector, removal, is_allowed)

    async def watch_killed(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        on_killed: OnKilled,
    ) -> None:
        if selector := last_read.selector:
            tenant = self._scheduler.of(target.namespace)
            await watch_killed(self._api, tenant, selector, replicas, on_killed)

    async def unready_cause(self, target: ScaleTarget, last_read: Scale) -> str | None:
        selector = last_read.selector
        return await unready_cause(self._api, target.namespace, selector) if selector else None

    def _start_read(self, target: ScaleTarget) -> None:
        """Read a workload in a task, and again if it has changed in the meantime."""
        is_being_read = target in self._outdated
        self._outdated[target] = is_being_read
        if not is_being_read:
            self._reads.start(self._read_until_known(target))

    async def _read_until_known(self, target: ScaleTarget) -> None:
        """Read a workload again and again until the read succeeds."""
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        try:
            while target in self._targets:
                self._outdated[target] = False
                if not await self._try_read(target):
                    await asyncio.sleep(backoff.next_delay())
                elif not self._outdated[target]:
                    return
        finally:
            del self._outdated[target]

    async def _try_read(self, target: ScaleTarget) -> bool:
        """Return whether the read succeeds; if not, its error is stored in place of the scale."""
        try:
            async with self._scheduler.turn(WORKLOAD_READS, target.namespace):
                await self.refresh(target)
        except NotFound:
            self._set_missing(target)
        except OverBudget as error:
            self._last_read.setdefault(target, error.why)
            return False
        except ApiError as error:
            reason = "Forbidden" if isinstance(error, AccessRefused) else "Unavailable"
            self._last_read[target] = Unknown(reason, str(error)[:512])
            return False
        except Exception as error:  # noqa: BLE001 - an answer of an unexpected shape is read again
            _log.exception("Workload could not be read and is read again")
            cause = f"the /scale of {target} is not understood ({type(error).__name__})"
            self._last_read[target] = Unknown("Unavailable", cause)
            return False
        return True

    async def _watch(self, watched: Watched) -> None:
        def on_refusal(error: NotFound | AccessRefused) -> None:
            reason = "KindNotFound" if isinstance(error, NotFound) else "Forbidden"
            why = Unknown(reason, str(error))
            for target in self._targets_by_watch.get(watched, ()):
                # The cause of a read stays: 300 objects had an Event for each change of causes.
                if getattr(self._last_read.get(target), "reason", None) != reason:
                    self._last_read[target] = why

        await keep_watching(
            partial(self._list_and_watch, watched),
            kind=watched[1],
            on_refusal=on_refusal,
        )

    async def _list_and_watch(self, watched: Watched) -> None:
        api_version, kind, namespace = watched
        targets = tuple(self._targets_by_watch.get(watched, ()))
        try:
            namespaces = dict.fromkeys(target.namespace for target in targets)
            resource = await self._discovery.find(api_version, kind, namespaces)
        except OverBudget as error:
            for target in targets:
                self._last_read.setdefault(target, error.why)
            raise
        version, accept = await self._list(watched, resource), accepted(api_version, METADATA)
        path = resource.path(namespace)
        async for change, item in self._api.changes(path, version, accept=accept, shortens=True):
            target = target_of_item(item, api_version, kind)
            if change == "DELETED":
                self._set_missing(target)
            else:
                self._update(target, item, listed=False)

    async def _list(self, watched: Watched, resource: Resource) -> str:
        """Read all workloads of a watch; return the resourceVersion to continue from."""
        listed: set[ScaleTarget] = set()
        version, accept = "", accepted(watched[0], METADATA_LIST)
        async for page in self._api.pages(resource.path(watched[2]), accept=accept):
            for item in page["items"]:
                target = target_of_item(item, watched[0], watched[1])
                listed.add(target)
                self._update(target, item, listed=True)
            version = str(page["metadata"]["resourceVersion"])
        for target in (self._targets | self._last_read.keys() | set(self._others)) - listed:
            if self._watched(target) == watched:
                self._set_missing(target)
        for target in self._targets_by_watch.get(watched, {}).keys() - self._last_read.keys():
            self._start_read(target)  # it was listed before it was a target, and not remembered
        self._listed.add(watched)
        return version

    def _update(self, target: ScaleTarget, item: Mapping[str, Any], *, listed: bool) -> None:
        """Take a workload from a list, or from a watch unless it is older than what is known.

        For kinds outside apps/v1 only the /scale subresource shows where the count is, and it is
        read for a workload that is too large as well: without its ready replicas.
        """
        known = self._last_read.get(target)
        if is_complete(target.api_version) and "spec" in item:
            new = scale_of_item(item, target, may_mark=self._marks_pods)
            late = isinstance(known, Scale) and is_older(new.version, known.version)
            if late and not listed:
                return
            if target in self._targets:
                self._last_read[target] = keepable(new, target)
            else:
                self._last_read.pop(target, None)
                self._others.put(target, keepable(new, target))
        elif self._others.pop(target) is None and target in self._targets:
            if isinstance(known, Scale):
                self._last_read[target] = replace(known, ready=READY_NOT_REPORTED)
            self._start_read(target)

    def _set_missing(self, target: ScaleTarget) -> None:
        self._last_read.pop(target, None)
        self._others.pop(target)
        if target in self._targets:
            self._last_read[target] = missing(target)

    async def close(self) -> None:
        watches, self._watches = self._watches, {}
        await cancel(watches.values())
        await self._reads.cancel()
