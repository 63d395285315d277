"""An API server with some workloads, and their scales as `WatchedWorkloads` has them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import NOT_READ_YET, AccessRefused, NotFound, Scale

KINDS = {
    "/apis/argoproj.io/v1alpha1": ("rollouts", "Rollout"),
    "/apis/example.test/v1": ("fleets", "Fleet"),
    "/apis/apps/v1": ("deployments", "Deployment"),
}


class Api:
    """An API server with workloads of a few kinds, all of them at the same count."""

    def __init__(self) -> None:
        self.replicas = {"a": 1, "b": 2}
        self.version = "1"
        """Of the counts that are read."""
        self.events: asyncio.Queue[tuple[str, dict[str, Any]] | Exception] = asyncio.Queue()
        """What a watch yields, or why it ends."""
        self.labels: dict[str, str] = {}
        self.reads: list[str] = []
        """The workloads of all requests for a count."""
        self.broken: dict[str, Exception] = {}
        """Why the count of a workload cannot be read."""
        self.errors: list[Exception] = []
        """What comes of the next requests for a count."""
        self.refusal: AccessRefused | None = None
        """Why workloads may not be listed."""

    async def request(self, method: str, path: ApiPath, body: object = None, **_: object) -> dict:
        if path.text in KINDS:
            plural, kind = KINDS[path.text]
            names = [plural, f"{plural}/scale"]
            return {"resources": [{"name": name, "kind": kind} for name in names]}
        name = path.text.split("/")[-2]
        self.reads.append(name)
        if self.errors:
            raise self.errors.pop(0)
        if name in self.broken:
            raise self.broken[name].with_traceback(None)  # each raise adds to it
        if name not in self.replicas:
            raise NotFound(path.text)
        return {
            "metadata": {"resourceVersion": self.version},
            "spec": {"replicas": self.replicas[name]},
            "status": {"selector": f"app={self.labels.get(name, name)}"},
        }

    async def pages(self, path: ApiPath, *, accept: str) -> AsyncIterator[dict[str, Any]]:
        if self.refusal is not None:
            raise self.refusal
        items = [item(name) for name in self.replicas]
        yield {"metadata": {"resourceVersion": "1"}, "items": items}

    async def changes(
        self, path: ApiPath, version: str, *, accept: str, shortens: bool
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        while True:
            event = await self.events.get()
            if isinstance(event, Exception):
                raise event
            yield event


def item(name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": name, "resourceVersion": "1"}
    return {"metadata": metadata, "spec": {"selector": {"matchLabels": labels or {}}}}


def target(name: str, api_version: str = "argoproj.io/v1alpha1") -> ScaleTarget:
    plural_kind = KINDS.get(f"/apis/{api_version}", ("", "StatefulSet"))
    return ScaleTarget("shop", api_version, plural_kind[1], name)


async def scale_of(watched: WatchedWorkloads, target: ScaleTarget) -> Scale | Unknown:
    """Return the scale of a workload as soon as it has been read."""
    for _ in range(100):
        if (scale := watched.get(target)) != NOT_READ_YET:
            return scale
        await asyncio.sleep(0)
    return NOT_READ_YET
