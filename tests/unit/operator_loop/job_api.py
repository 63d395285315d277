"""An API server with one QueueAutoscaler and its Jobs, in memory."""

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

from mare.cluster.jobs import WatchedJobs
from mare.cluster.paths import ApiPath
from mare.cluster.targets import WatchedTargets
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import JobTarget
from mare.ports import Conflict, Unavailable
from mare.tenant_scheduler import TenantScheduler
from tests.unit.operator_loop.worlds import body

CREATED = "2026-01-01T00:00:00Z"
TEMPLATE = {"spec": {"template": {"spec": {"containers": [{"name": "work", "image": "work"}]}}}}


def job_body(name: str = "worker", **spec: Any) -> dict[str, Any]:
    """A QueueAutoscaler that creates Jobs."""
    found = body(name, jobTemplate=copy.deepcopy(TEMPLATE), **spec)
    found["spec"] = {
        key: value
        for key, value in found["spec"].items()
        if key not in {"scaleTargetRef", "target"}
    }
    return {**found, "apiVersion": "mare.dev/v1alpha1", "kind": "QueueAutoscaler"}


TARGET = JobTarget("shop", "batch/v1", "Job", "worker", "uid-worker")


class JobApi:
    def __init__(self, owner: dict[str, Any] | None = None) -> None:
        self.owner = owner or job_body()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.created: list[str] = []
        self.deleted: list[str] = []
        self.policies: set[str] = set()
        """What was to become of the Pods of deleted Jobs."""
        self.events: asyncio.Queue[tuple[str, dict[str, Any]] | Exception] = asyncio.Queue()
        """What the watch brings, or how it ends."""
        self.stale: list[dict[str, Any]] | None = None
        """What lists contain, instead of the Jobs of now."""
        self.errors: list[Exception] = []
        """What comes of the next creations."""
        self.loses_answer = False
        """Whether the answer to the next creation is lost."""
        self.lists: list[str] = []
        """The paths of all lists."""
        self.watches = 0
        self.listing: asyncio.Event | None = None
        """Set when lists are to be answered; without it they are answered at once."""
        self.listing_waits = False
        self._version = 100

    async def request(self, method: str, path: ApiPath, body: Any = None, **_: Any) -> Any:
        if "/queueautoscalers/" in path.text:
            return copy.deepcopy(self.owner)
        if method == "DELETE":
            name = path.text.rpartition("/")[2]
            version = body.get("preconditions", {}).get("resourceVersion")
            if version not in {None, self.jobs[name]["metadata"]["resourceVersion"]}:
                raise Conflict("the ResourceVersion in the precondition does not match")
            self.deleted.append(name)
            self.policies.add(body.get("propagationPolicy", "Orphan"))
            await self.events.put(("DELETED", self.jobs.pop(name)))
            return {}
        if self.errors:
            raise self.errors.pop(0)
        return self._create(body)

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        name = body["metadata"]["name"]
        if name in self.jobs:
            raise Conflict(f"jobs.batch {name} already exists")
        job = copy.deepcopy(body)
        job["metadata"] |= {"creationTimestamp": CREATED, "resourceVersion": self._next()}
        self.jobs[name] = job
        self.created.append(name)
        if self.loses_answer:
            self.loses_answer = False
            raise Unavailable("the API server does not answer (TimeoutError)")
        return copy.deepcopy(job)

    def _next(self) -> str:
        self._version += 1
        return str(self._version)

    async def set_status(self, name: str, **status: Any) -> None:
        self.jobs[name]["status"] = status
        self.jobs[name]["metadata"]["resourceVersion"] = self._next()
        await self.events.put(("MODIFIED", copy.deepcopy(self.jobs[name])))

    async def end(self, name: str, kind: str = "Complete") -> None:
        at = "2026-01-01T00:05:00Z"
        await self.set_status(
            name, conditions=[{"type": kind, "status": "True", "lastTransitionTime": at}]
        )

    async def pages(self, path: ApiPath, *_: Any, **__: Any) -> AsyncIterator[dict[str, Any]]:
        self.lists.append(path.text)
        found = copy.deepcopy(list(self.jobs.values()) if self.stale is None else self.stale)
        if self.listing is not None:
            self.listing_waits = True
            await self.listing.wait()
        yield {"metadata": {"resourceVersion": str(self._version)}, "items": found}

    async def changes(self, *_: Any, **__: Any) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        self.watches += 1
        while True:
            event = await self.events.get()
            if isinstance(event, Exception):
                raise event
            yield event


def targets(api: JobApi) -> WatchedTargets:
    scheduler = TenantScheduler()
    workloads = WatchedWorkloads(api, cluster_wide=True)  # type: ignore[arg-type]
    jobs = WatchedJobs(api, cluster_wide=True, scheduler=scheduler)  # type: ignore[arg-type]
    return WatchedTargets(workloads, jobs)
