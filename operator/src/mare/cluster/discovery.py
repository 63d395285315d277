"""Discovery: which resource serves a kind, and whether it has a /scale subresource."""

from mare.cluster.api import Api
from mare.cluster.paths import Resource, discovery_path
from mare.ports import NotFound


class Discovery:
    def __init__(self, api: Api) -> None:
        self._api = api
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
            answer = await self._api.request("GET", discovery_path(api_version))
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
