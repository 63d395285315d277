"""Secrets, one at a time: the right to list them is not needed."""

from collections.abc import Mapping

from mare.cluster.api import Api


class StoredSecrets:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def read(self, namespace: str, name: str) -> Mapping[str, str]:
        """The data, as base64; raises as `Api.request`."""
        secret = await self._api.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")
        return secret.get("data") or {}
