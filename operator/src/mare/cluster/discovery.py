"""Discovery: which resource serves a kind, and whether it has a /scale subresource."""

import asyncio
from typing import Any

from mare.cluster.api import Api
from mare.cluster.paths import Resource, discovery_path
from mare.ports import NotFound

_INTERVAL_SECONDS = 0.05


class Discovery:
    """Finds kinds by one request at a time, at most 20 a second.

    An object chooses its kind: without the limit, 1,000 objects of kinds that do not exist would
    cause 300 requests a second. Known kinds need no request.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._turn = asyncio.Lock()
        self._next_at = 0.0
        self._known: dict[tuple[str, str], Resource] = {}

    async def find(self, api_version: str, kind: str) -> Resource:
        """Return the resource of a kind.

        Raises as `Api.request`: `NotFound` if the kind does not exist or has no /scale, and
        `InvalidName` if the version cannot be part of a path.
        """
        known = self._known.get((api_version, kind))
        if known is not None:
            return known
        try:
            answer = await self._read(api_version)
        except NotFound as error:
            raise NotFound(f"the API server does not serve {api_version}") from error
        names = {each["name"] for each in answer["resources"]}
        for each in answer["resources"]:
            if each["kind"] == kind and "/" not in each["name"]:
                if f"{each['name']}/scale" not in names:
                    raise NotFound(f"{kind} in {api_version} has no /scale")
                resource = self._known[api_version, kind] = Resource(api_version, each["name"])
                return resource
        raise NotFound(f"{api_version} has no kind {kind}")

    async def _read(self, api_version: str) -> dict[str, Any]:
        path = discovery_path(api_version)
        now = asyncio.get_running_loop().time
        async with self._turn:
            if now() < self._next_at:
                await asyncio.sleep(self._next_at - now())
            self._next_at = now() + _INTERVAL_SECONDS
            return await self._api.request("GET", path)
