"""Paths of kinds, by discovery: any kind can be scaled that has a /scale subresource."""

from typing import NamedTuple

from mare.cluster.api import Api
from mare.ports import NotFound


class Resource(NamedTuple):
    """Where objects of a kind are."""

    root: str
    """/api/v1 or /apis/GROUP/VERSION."""
    plural: str

    def of(self, namespace: str | None) -> str:
        """Path of all objects, or of those in a namespace."""
        scope = f"/namespaces/{namespace}" if namespace else ""
        return f"{self.root}{scope}/{self.plural}"


class Kinds:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[tuple[str, str], Resource] = {}

    async def find(self, api_version: str, kind: str) -> Resource:
        """Raises `NotFound` if there is no such kind or it cannot be scaled."""
        found = self._known.get((api_version, kind))
        if found is not None:
            return found
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            resources = (await self._api.request("GET", root))["resources"]
        except NotFound as error:
            raise NotFound(f"the API server does not serve {api_version}") from error
        names = {each["name"] for each in resources}
        for each in resources:
            if each["kind"] == kind and "/" not in each["name"]:
                if f"{each['name']}/scale" not in names:
                    raise NotFound(f"{kind} in {api_version} has no /scale")
                resource = self._known[api_version, kind] = Resource(root, each["name"])
                return resource
        raise NotFound(f"{api_version} has no kind {kind}")
