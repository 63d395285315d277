"""One look at an object, or at its Events, with somebody's own kubeconfig."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException

from mare.cluster.api import Api
from mare.cluster.objects import GROUP, PLURAL, VERSION
from mare.ports import AccessRefused, NotFound, Unavailable


class Unreadable(Exception):
    """The object cannot be read; the text says what to do."""


async def read_stored(name: str, namespace: str | None, context: str | None) -> dict[str, Any]:
    """The object as the API server has it; raises `Unreadable`."""
    async with _reading(namespace, context, "get queueautoscalers") as (api, where):
        try:
            path = f"/apis/{GROUP}/{VERSION}/namespaces/{where}/{PLURAL}/{name}"
            return await api.request("GET", path)
        except NotFound as error:
            text = f"there is no QueueAutoscaler {name} in namespace {where}"
            raise Unreadable(f"{text}: see kubectl get qa --all-namespaces") from error


async def read_events(uid: str, namespace: str, context: str | None) -> list[dict[str, Any]]:
    """The Events of the object that the API server still has; raises `Unreadable`."""
    async with _reading(namespace, context, "list events.events.k8s.io") as (api, _):
        path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
        of_it = ("fieldSelector", f"regarding.uid={uid}")
        return [item async for page in api.pages(path, of_it) for item in page["items"]]


@asynccontextmanager
async def _reading(
    namespace: str | None, context: str | None, right: str
) -> AsyncIterator[tuple[Api, str]]:
    """An API server and the namespace to look at; what goes wrong is `Unreadable`."""
    configuration = Configuration()
    try:
        own = await _load(configuration, context)
    except (ConfigException, OSError, ValueError) as error:
        raise Unreadable(f"the kubeconfig cannot be used: {error}") from error
    async with ApiClient(configuration) as client:
        try:
            yield Api(client), namespace or own
        except AccessRefused as error:
            raise Unreadable(f"{error}: you need the right to {right}") from error
        except Unavailable as error:
            raise Unreadable(str(error)) from error


async def _load(configuration: Configuration, context: str | None) -> str:
    """Read the kubeconfig; returns the namespace of the context."""
    await config.load_kube_config(context=context, client_configuration=configuration)  # type: ignore[no-untyped-call]
    contexts, active = config.list_kube_config_contexts()  # type: ignore[no-untyped-call]
    chosen = active if context is None else next(c for c in contexts if c["name"] == context)
    return str(chosen["context"].get("namespace") or "default")
