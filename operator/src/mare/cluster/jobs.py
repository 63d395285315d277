"""The Jobs of objects with a jobTemplate: watched by their label, created, and deleted at the end.

No method ends an unfinished Job.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from mare.background import Tasks, cancel
from mare.backoff import RetryTimer
from mare.cluster.api import Api
from mare.cluster.job_manifest import UID_LABEL, new_job
from mare.cluster.job_store import JobStore, Owner
from mare.cluster.objects import QUEUE_AUTOSCALERS
from mare.cluster.paths import Resource
from mare.cluster.watch import keep_watching
from mare.custom_resource.autoscaler import JobTarget
from mare.domain.jobs import Job
from mare.domain.spec import JOB_PAUSES
from mare.domain.unknown import Unknown
from mare.ports import (
    NOT_READ_YET,
    AccessRefused,
    ApiError,
    Conflict,
    NotFound,
    Rejected,
    Scale,
)
from mare.tenant_scheduler import JOB_WRITES, TenantScheduler

_JOBS = Resource("batch/v1", "jobs")
_OBJECT_BYTES = 512 * 1024
"""An object with a template of 64 KiB, its managed fields, and annotations, which take 256 KiB at
most; 16 namespaces may create Jobs at a time, and each holds its object meanwhile."""

_RELIST_SECONDS, _LONGEST_RELIST_SECONDS = 10.0, 160.0
"""Times between two lists of a namespace with Jobs that are not remembered, which double."""

_MAX_TAKEN = 10
"""Names of Jobs of other users that one decision passes over: each takes a list and a creation."""


_Listed = dict[tuple[Owner, str], bool]
"""By owner and name, whether the Job is finished."""
_log = logging.getLogger(__name__)


class WatchedJobs:
    """Implements the part of `mare.ports.Workloads` that Jobs have."""

    def __init__(self, api: Api, *, cluster_wide: bool, scheduler: TenantScheduler) -> None:
        self._api = api
        self._cluster_wide = cluster_wide
        self._scheduler = scheduler
        self._store = JobStore(scheduler)
        self._targets: set[JobTarget] = set()
        self._watches: dict[str | None, asyncio.Task[None]] = {}
        self._unread: dict[str | None, Unknown] = {}
        """Why the Jobs of a watch are unknown; absent once they are listed."""
        self._relists: dict[str, RetryTimer] = {}
        """Of namespaces that had Jobs that were not remembered."""
        self._relisting: set[str] = set()
        self._tasks = Tasks()

    def get(self, target: JobTarget) -> Scale | Unknown:
        namespace = self._watched(target)
        if target not in self._targets:
            self._targets.add(target)
            self._store.follow(target)
            if namespace not in self._watches:
                self._unread[namespace] = NOT_READ_YET
                self._watches[namespace] = asyncio.create_task(self._watch(namespace))
        if self._store.is_over_budget(target.namespace) and namespace not in self._unread:
            self._list_again(target.namespace)
        return self._unread.get(namespace) or self._store.scale_of(target)

    def remembered_jobs(self, target: JobTarget) -> tuple[tuple[Job, ...], bool]:
        return self._store.remembered_jobs(target)

    def _list_again(self, namespace: str) -> None:
        """Start a list that shows the Jobs that were not remembered, beside the watch."""
        now, is_new = asyncio.get_running_loop().time(), namespace not in self._relists
        timer = self._relists.setdefault(
            namespace, RetryTimer(_RELIST_SECONDS, _LONGEST_RELIST_SECONDS)
        )
        if is_new:
            timer.due = now + _RELIST_SECONDS
        elif now >= timer.due and namespace not in self._relisting:
            timer.failed(now)
            self._relisting.add(namespace)
            self._tasks.start(self._relist(namespace))

    async def _relist(self, namespace: str) -> None:
        try:
            listed, refused, _ = await self._list(namespace)
        except ApiError as error:
            _log.info("Jobs could not be listed again", extra={"error": str(error)[:512]})
            return
        finally:
            self._relisting.discard(namespace)
        self._store.keep_marks(namespace, listed, refused)
        timer = self._relists.get(namespace)
        if timer is not None and not self._store.is_over_budget(namespace):
            timer.reset()
            timer.due = asyncio.get_running_loop().time() + _RELIST_SECONDS

    def keep_only(self, targets: Iterable[JobTarget]) -> None:
        """Drop all other targets, and end the watches that no target needs."""
        gone = self._targets - set(targets)
        self._targets -= gone
        for target in gone:
            self._store.forget(target)
        for namespace in self._watches.keys() - {self._watched(each) for each in self._targets}:
            self._watches.pop(namespace).cancel()
        for namespace in self._relists.keys() - {each.namespace for each in self._targets}:
            del self._relists[namespace]

    async def scale(
        self,
        target: JobTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        """Create the Jobs that are missing, one after the other, as long as `is_allowed`.

        The template is read now, so that it takes no memory between two Jobs. `Conflict` is raised
        once it is not allowed, or there is a Job that `last_read` does not have. If a name exists,
        the list is read again; without such a Job the name is that of another user's Job, and the
        next number follows.
        """
        path = QUEUE_AUTOSCALERS.path(target.namespace, target.name)
        async with self._scheduler.turn(JOB_WRITES, target.namespace):
            owner = await self._api.request("GET", path, most=_OBJECT_BYTES)
        if owner["metadata"]["uid"] != target.uid or "jobTemplate" not in owner["spec"]:
            raise NotFound(f"{target} are not to be created any more")
        if owner["spec"].get("paused") in JOB_PAUSES or "deletionTimestamp" in owner["metadata"]:
            raise Conflict(f"the decision on {target} is out of date")  # the watch is late
        missing, taken = replicas - last_read.replicas, 0
        known = {each.name for each in last_read.jobs}
        try:
            while missing > 0:
                async with self._scheduler.turn(JOB_WRITES, target.namespace):
                    if not is_allowed() or self._has_more(target, known):
                        raise Conflict(f"the decision on {target} is out of date")
                    number = self._store.next_number(target)
                    job = new_job(owner, number)
                    is_created = await self._create(target, job)
                if not is_created:
                    await self.refresh(target)
                    self._store.use(target, number)
                    taken += 1
                    if taken > _MAX_TAKEN:
                        raise Conflict(f"{job['metadata']['name']} exists")
                    continue
                self._store.use(target, number)
                known.add(job["metadata"]["name"])
                missing -= 1
        except ApiError as error:
            error.created = replicas - last_read.replicas - missing
            raise

    async def _create(self, target: JobTarget, job: dict[str, Any]) -> bool:
        """Create a Job; return False if its name exists."""
        try:
            with self._store.removals() as removed:
                answer = await self._api.request("POST", _JOBS.path(target.namespace), job)
        except Conflict as error:
            if "already exists" in str(error):
                return False
            raise
        except AccessRefused as error:  # Jobs may be listed: a quota or a webhook refuses it
            raise Rejected(str(error)) from error
        self._store.put(answer, removed)
        return True

    def _has_more(self, target: JobTarget, known: set[str]) -> bool:
        """Return whether an object has Jobs that are not `known`, or may have."""
        scale = self._store.scale_of(target)
        return isinstance(scale, Unknown) or any(e.name not in known for e in scale.jobs)

    async def refresh(self, target: JobTarget) -> None:
        """Read the Jobs of an object from the API server, not from its cache."""
        await self._list(target.namespace, target.uid)

    async def delete_job(self, target: JobTarget, job: Job) -> None:
        """Delete a Job, if it is as it was read: another one can have its name by now."""
        path = _JOBS.path(target.namespace, job.name)
        options = {
            "propagationPolicy": "Background",
            "preconditions": {"resourceVersion": job.version},
        }
        async with self._scheduler.turn(JOB_WRITES, target.namespace):
            await self._api.request("DELETE", path, options)

    def _watched(self, target: JobTarget) -> str | None:
        return None if self._cluster_wide else target.namespace

    async def _watch(self, namespace: str | None) -> None:
        def on_refusal(error: NotFound | AccessRefused) -> None:
            self._unread[namespace] = Unknown("JobsForbidden", str(error)[:512])

        await keep_watching(
            partial(self._list_and_watch, namespace), kind="Job", on_refusal=on_refusal
        )

    async def _list_and_watch(self, namespace: str | None) -> None:
        listed, refused, version = await self._list(namespace)
        self._store.keep_marks(namespace, listed, refused)
        self._unread.pop(namespace, None)
        path, selector = _JOBS.path(namespace), ("labelSelector", UID_LABEL)
        async for change, item in self._api.changes(path, version, selector):
            metadata = item["metadata"]
            uid = (metadata.get("labels") or {}).get(UID_LABEL)
            if change == "DELETED" and uid:
                self._store.remove(metadata["namespace"], uid, metadata["name"])
            elif uid:
                self._store.put_watched(item)

    async def _list(
        self, namespace: str | None, uid: str | None = None
    ) -> tuple[_Listed, Counter[str], str]:
        """Take the Jobs of one owner or of a namespace from a list, and drop those without an item.

        Returns them, refusals for `keep_marks`, and the version.
        """
        listed: _Listed = {}
        owners = [(namespace or "", uid)] if uid else self._store.owners(namespace)
        label = f"{UID_LABEL}={uid}" if uid else UID_LABEL
        refused = self._store.refusals()
        version = ""
        with self._store.listing(owners, listed):
            async for page in self._api.pages(_JOBS.path(namespace), ("labelSelector", label)):
                for item in page["items"]:
                    if found := self._store.put(item):
                        owner, job = found
                        listed[owner, job.name] = job.is_finished
                        refused[owner[0]] += not self._store.remembers(owner, job.name)
                version = str(page["metadata"]["resourceVersion"])
        return listed, refused, version

    async def close(self) -> None:
        watches, self._watches = self._watches, {}
        await cancel(watches.values())
        await self._tasks.cancel()
