"""The definition of QueueAutoscalers in the API server, brought up to date."""

import asyncio
from collections.abc import Mapping
from typing import Any

from mare.cluster.api import Api
from mare.ports import Unavailable

_APPLY_PATCH = "application/apply-patch+yaml"
_OWNER = "mare-operator"
_MOST_LOOKS = 60
_PAUSE = 0.5


async def apply_crd(api: Api, definition: Mapping[str, Any]) -> None:
    """Apply a CustomResourceDefinition server-side; return when its objects can be created.

    The server merges by field, so that there is no annotation with the whole text, which has a
    limit. Raises as `Api.request`, and `Unavailable` if it is not established within 30 s.
    """
    name = definition["metadata"]["name"]
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    await api.request(
        "PATCH",
        path,
        definition,
        kind=_APPLY_PATCH,
        query=[("fieldManager", _OWNER), ("force", "true")],
    )
    for _ in range(_MOST_LOOKS):
        if _is_established(await api.request("GET", path)):
            return
        await asyncio.sleep(_PAUSE)
    raise Unavailable(f"{name} is not established after {_MOST_LOOKS * _PAUSE:.0f} s")


def _is_established(definition: Mapping[str, Any]) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()  # null when it is created
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
