"""Applies the CustomResourceDefinition of QueueAutoscalers."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mare.cluster.api import APPLY_PATCH, Api
from mare.cluster.paths import Resource
from mare.ports import NotFound, Unavailable

_DEFINITIONS = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions")
_FIELD_MANAGER = "mare-operator"
_MAX_READS = 60
_PAUSE = 0.5


_VERSION = "app.kubernetes.io/version"


async def apply_crd(api: Api, definition: Mapping[str, Any]) -> str:
    """Apply the definition server-side; return the version of the cluster's when it is established.

    A newer one is left as it is: of two releases in a cluster, the older must not take fields away.
    A client-side apply would store the whole text in an annotation, which has a size limit.
    Raises as `Api.request`, and `Unavailable` if it is not established within 30 s.
    """
    name = definition["metadata"]["name"]
    path = _DEFINITIONS.path(name=name)
    with suppress(NotFound):
        present = await api.request("GET", path)
        if version_key(version(present)) > version_key(version(definition)):
            return version(present)
    query = [("fieldManager", _FIELD_MANAGER), ("force", "true")]
    await api.request("PATCH", path, definition, kind=APPLY_PATCH, query=query)
    for _ in range(_MAX_READS):
        if _is_established(await api.request("GET", path)):
            return version(definition)
        await asyncio.sleep(_PAUSE)
    raise Unavailable(f"{name} is not established after {_MAX_READS * _PAUSE:.0f} s")


def version(definition: Mapping[str, Any]) -> str:
    return str(definition["metadata"].get("labels", {}).get(_VERSION, ""))


def version_key(text: str) -> tuple[list[int], bool, str]:
    """Return a key that sorts versions as SemVer does, except numbers in pre-releases."""
    numbers, _, suffix = text.partition("+")[0].partition("-")
    return [int(part) for part in numbers.split(".") if part.isdecimal()], not suffix, suffix


def _is_established(definition: Mapping[str, Any]) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()  # null when it is created
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
