"""Applies the CustomResourceDefinition of QueueAutoscalers."""

import asyncio
from collections.abc import Mapping
from typing import Any

from mare.cluster.api import APPLY_PATCH, Api
from mare.cluster.paths import Resource
from mare.ports import Unavailable

_DEFINITIONS = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions")
_FIELD_MANAGER = "mare-operator"
_MAX_READS = 60
_PAUSE = 0.5


async def apply_crd(api: Api, definition: Mapping[str, Any]) -> None:
    """Apply the definition server-side, and return when it is established.

    A client-side apply would store the whole text in an annotation, which has a size limit.
    Raises as `Api.request`, and `Unavailable` if it is not established within 30 s.
    """
    name = definition["metadata"]["name"]
    path = _DEFINITIONS.path(name=name)
    query = [("fieldManager", _FIELD_MANAGER), ("force", "true")]
    await api.request("PATCH", path, definition, kind=APPLY_PATCH, query=query)
    for _ in range(_MAX_READS):
        if _is_established(await api.request("GET", path)):
            return
        await asyncio.sleep(_PAUSE)
    raise Unavailable(f"{name} is not established after {_MAX_READS * _PAUSE:.0f} s")


def _is_established(definition: Mapping[str, Any]) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()  # null when it is created
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
