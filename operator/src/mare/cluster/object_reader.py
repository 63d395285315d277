"""Reads and pauses one QueueAutoscaler with the user's kubeconfig."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mare.cluster.api import MERGE_PATCH, Api
from mare.cluster.kubeconfig import kubeconfig_client
from mare.cluster.objects import QUEUE_AUTOSCALERS
from mare.ports import AccessRefused, ApiError, NotFound, Unavailable


class Unreadable(Exception):
    """The object cannot be read. The text has the correction."""


async def read_stored(name: str, namespace: str | None, context: str | None) -> dict[str, Any]:
    """Return the object; without a namespace, from that of the context. Raises `Unreadable`."""
    async with connected(namespace, context, "get queueautoscalers") as (api, chosen):
        try:
            return await api.request("GET", QUEUE_AUTOSCALERS.path(chosen, name))
        except NotFound as error:
            raise Unreadable(_missing(name, chosen)) from error


async def patch_spec(
    name: str, namespace: str | None, context: str | None, spec: Mapping[str, Any]
) -> str:
    """Merge fields into the spec of an object; return its namespace. Raises `Unreadable`."""
    async with connected(namespace, context, "patch queueautoscalers") as (api, chosen):
        path = QUEUE_AUTOSCALERS.path(chosen, name)
        try:
            await api.request("PATCH", path, {"spec": spec}, kind=MERGE_PATCH)
        except NotFound as error:
            raise Unreadable(_missing(name, chosen)) from error
        return chosen


def _missing(name: str, namespace: str) -> str:
    return (
        f"there is no QueueAutoscaler {name} in namespace {namespace}:"
        " see kubectl get qa --all-namespaces"
    )


@asynccontextmanager
async def connected(
    namespace: str | None, context: str | None, right: str
) -> AsyncIterator[tuple[Api, str]]:
    """Yield a connection and the namespace to use; raise `Unreadable` for every failure."""
    try:
        client, default = await kubeconfig_client(context)
    except Unavailable as error:
        raise Unreadable(str(error)) from error
    async with client:
        try:
            yield Api(client), namespace or default
        except ApiError as error:
            hint = f": you need the right to {right}" if isinstance(error, AccessRefused) else ""
            raise Unreadable(f"{error}{hint}") from error
