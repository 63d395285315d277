"""Requests to the API server: plain JSON over the official client, with errors of the ports."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from mare.ports import AccessRefused, Conflict, NotFound, Unavailable

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Answers without spec and status: a tenth of the size."""
MERGE_PATCH = "application/merge-patch+json"
_PAGE = 100
"""Objects in one part of a list. With the managed fields of 1,000, metadata alone take 21 MB."""
_SECONDS = 5.0
_WATCH_SECONDS = 300
_LONGEST_PAUSE = 30.0
_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


async def connect() -> ApiClient:
    """A client with the Pod's service account, or else with the kubeconfig."""
    configuration = Configuration()
    if _TOKEN.exists():  # noqa: ASYNC240 - once, at the start
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    else:
        await config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    configuration.connection_pool_maxsize = 0  # no limit: each watch holds a connection
    return ApiClient(configuration)


class Api:
    """What the rest of this package rests on.

    When the API server says for how long it wants to be left alone, nothing is sent meanwhile, but
    for no longer than 30 s.
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._paused_until = 0.0

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        kind: str = "application/json",
        query: list[tuple[str, str]] | None = None,
        accept: str = "application/json",
    ) -> dict[str, Any]:
        """Return the decoded answer.

        Raises `NotFound`, `Conflict`, `AccessRefused` or `Unavailable`.
        """
        try:
            answer = await self._send(
                method,
                path,
                body=body,
                kind=kind,
                query=query or [],
                timeout=_SECONDS,
                accept=accept,
            )
            data = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unavailable(f"the API server does not answer ({type(error).__name__})") from error
        self._raise_for(answer, data)
        return _decoded(data)

    async def pages(
        self, path: str, *selectors: tuple[str, str], accept: str = "application/json"
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield a list in parts, so that a long one never is in memory; raises as `request`."""
        first = query = [("limit", str(_PAGE)), *selectors]
        while query:
            listed = await self.request("GET", path, query=query, accept=accept)
            following = listed["metadata"].get("continue")
            query = [*first, ("continue", following)] if following else []
            yield listed

    async def changes(self, path: str, version: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield ADDED, MODIFIED or DELETED and the object, after a version and from then on.

        Raises as `request`, `Expired` among them: then all has to be listed again.
        """
        while True:
            async for event in self._watched(path, version):
                item = event["object"]
                if event["type"] == "ERROR":
                    raise Expired(str(item.get("message")))
                version = item["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield event["type"], item

    async def _watched(self, path: str, version: str) -> AsyncIterator[dict[str, Any]]:
        """Yield events until the server ends the stream."""
        query = [
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(_WATCH_SECONDS)),
        ]
        timeout = aiohttp.ClientTimeout(sock_connect=_SECONDS, sock_read=_WATCH_SECONDS / 3)
        try:
            answer = await self._send(
                "GET", path, body=None, kind="application/json", query=query, timeout=timeout
            )
            if answer.status != HTTPStatus.OK:
                self._raise_for(answer, await answer.read())
            async with answer:
                async for line in answer.content:
                    yield _decoded(line)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unavailable(f"the watch ended ({type(error).__name__})") from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: object,
        kind: str,
        query: list[tuple[str, str]],
        accept: str = "application/json",
        timeout: object,  # noqa: ASYNC109
    ) -> aiohttp.ClientResponse:
        left = self._paused_until - time.monotonic()
        if left > 0:
            raise Unavailable("the API server has asked for a pause", left)
        _, url, headers, body, _ = await self._client.param_serialize(
            method,
            path,
            query_params=query,
            header_params={"Content-Type": kind, "Accept": accept},
            body=body,
            auth_settings=["BearerToken"],
        )
        response = await self._client.rest_client.request(  # type: ignore[no-untyped-call]
            method, url, headers=headers, body=body, _request_timeout=timeout
        )
        answer = response.response
        assert isinstance(answer, aiohttp.ClientResponse)
        return answer

    def _raise_for(self, answer: aiohttp.ClientResponse, data: bytes) -> None:
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return
        text = _message(data) or f"status {answer.status}"
        match answer.status:
            case 404:
                raise NotFound(text)
            case 409:
                raise Conflict(text)
            case 401 | 403:
                raise AccessRefused(text)
            case 410:
                raise Expired(text)
        retry_after = answer.headers.get("Retry-After", "")
        wait = float(retry_after) if retry_after.isdecimal() else None
        pause_ends = time.monotonic() + min(wait or 0.0, _LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, pause_ends)
        raise Unavailable(text, wait)


class Expired(Unavailable):
    """The version is too old to go on from."""


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(data)
    except ValueError as error:
        raise Unavailable("the API server answers with something else than JSON") from error
    if not isinstance(decoded, dict):
        raise Unavailable("the API server answers with something else than an object")
    return decoded


def _message(data: bytes) -> str:
    try:
        status: Mapping[str, Any] = json.loads(data)
        return str(status.get("message", ""))
    except (ValueError, AttributeError):
        return ""
