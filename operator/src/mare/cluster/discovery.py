"""Discovery: which resource serves a kind, and whether it has a /scale subresource."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mare.cluster.api import Api
from mare.cluster.paths import Resource, discovery_path
from mare.ports import NotFound
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import DISCOVERY, TenantScheduler

_MISSING_SECONDS = 5.0
"""After which a kind that was missing is requested again."""
_MAX_VERSIONS = 1_024
"""Missing ones make room first: a tenant can name any number of them, and add no other one."""


@dataclass(frozen=True, slots=True)
class _Version:
    """The kinds of an API version; none if the API server does not serve it."""

    api_version: str
    kinds: Mapping[str, Resource | None] | None
    """None for a kind without /scale."""
    read_at: float

    def find(self, kind: str) -> Resource:
        if self.kinds is None:
            raise NotFound(f"the API server does not serve {self.api_version}")
        if kind not in self.kinds:
            raise NotFound(f"{self.api_version} has no kind {kind}")
        resource = self.kinds[kind]
        if resource is None:
            raise NotFound(f"{kind} in {self.api_version} has no /scale")
        return resource

    def is_current(self, kind: str, now: float) -> bool:
        is_known = self.kinds is not None and self.kinds.get(kind) is not None
        return is_known or now < self.read_at + _MISSING_SECONDS


class Discovery:
    """Finds kinds by one request for each API version, also for kinds that do not exist.

    An object chooses its kind: 1,000 objects of kinds that do not exist caused 300 requests a
    second, and delayed the kinds of other namespaces by 100 s.
    """

    def __init__(self, api: Api, scheduler: TenantScheduler) -> None:
        self._api = api
        self._scheduler = scheduler
        self._versions: dict[str, _Version] = {}

    async def find(self, api_version: str, kind: str, namespaces: Iterable[str]) -> Resource:
        """Return the resource of a kind.

        The request counts for the first of the `namespaces` that may send one. Raises as
        `Api.request`: `NotFound` if the kind does not exist or has no /scale, and `InvalidName` if
        the version cannot be part of a path.
        """
        if (known := self._current(api_version, kind)) is not None:
            return known.find(kind)
        refused: OverBudget | None = None
        for namespace in namespaces:
            try:
                async with self._scheduler.turn(DISCOVERY, namespace, cost=0.0):
                    known = self._current(api_version, kind)
                    if known is None:
                        self._scheduler.spend(DISCOVERY, namespace, 1.0)
                        known = await self._read(api_version)
                    return known.find(kind)
            except OverBudget as error:
                refused = error
        raise refused or NotFound("no workload has this kind any more")

    def _current(self, api_version: str, kind: str) -> _Version | None:
        known, now = self._versions.get(api_version), asyncio.get_running_loop().time()
        return known if known is not None and known.is_current(kind, now) else None

    async def _read(self, api_version: str) -> _Version:
        try:
            answer = await self._api.request("GET", discovery_path(api_version))
        except NotFound:
            kinds = None
        else:
            names = {each["name"] for each in answer["resources"]}
            kinds = {
                each["kind"]: Resource(api_version, each["name"])
                if f"{each['name']}/scale" in names
                else None
                for each in answer["resources"]
                if "/" not in each["name"]
            }
        self._versions.pop(api_version, None)
        now = asyncio.get_running_loop().time()
        new = self._versions[api_version] = _Version(api_version, kinds, now)
        if len(self._versions) > _MAX_VERSIONS:
            missing = (each for each, known in self._versions.items() if known.kinds is None)
            del self._versions[next(missing, next(iter(self._versions)))]
        return new
