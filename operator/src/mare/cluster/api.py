"""Requests to the API server: plain JSON over the official client, with the errors of `ports`."""

import json
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient

from mare.cluster.bounded_answers import (
    MAX_BYTES,
    MAX_BYTES_ON_LOOP,
    MAX_LINE_BYTES,
    MAX_LINE_VALUES,
    MAX_PAGE_BYTES,
    MAX_VALUES,
    TooLarge,
    decoded,
    event_of_beginning,
    lines,
    read_bounded,
    seconds_to_decode,
    values_of,
)
from mare.cluster.paths import ApiPath
from mare.ports import AccessRefused, Conflict, NotFound, Rejected, Unavailable
from mare.tenant_scheduler import API_DECODING, DECODED_EVENTS, TenantScheduler

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Answers with metadata only, a tenth of the size."""
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_PAGE = 100
"""Objects in one page. The metadata of 1,000 take 21 MB because of their managed fields."""
_FEWER = 5
"""Divides the objects of a page that exceeds its bound."""
_TOO_LARGE = "A watch event exceeds 1 MiB or 50,000 JSON values and is not read"
_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 5.0
_WATCH_SECONDS = 300
_MIN_WATCH_SECONDS = 1.0
"""client-go, too, takes a watch that ends sooner, without a change, for an error."""
_LONGEST_PAUSE = 30.0


class Api:
    """Sends requests; none during the Retry-After of an answer, up to 30 s."""

    def __init__(
        self,
        client: ApiClient,
        may_write: Callable[[str | None], bool] = lambda _: True,
        scheduler: TenantScheduler | None = None,
    ) -> None:
        """`may_write` gets the namespace immediately before each request that changes something."""
        self._client = client
        self._may_write = may_write
        self._scheduler = scheduler or TenantScheduler()
        self._paused_until = 0.0

    async def request(
        self,
        method: str,
        path: ApiPath,
        body: object = None,
        *,
        kind: str = "application/json",
        query: list[tuple[str, str]] | None = None,
        accept: str = "application/json",
        most: int = MAX_BYTES,
        most_values: float = math.inf,
    ) -> dict[str, Any]:
        """Return the decoded answer.

        Raises an `ApiError`: `TooLarge` if the answer has more bytes or JSON values than `most`.
        """
        try:
            answer = await self._send(
                method,
                path,
                body=body,
                kind=kind,
                query=query or [],
                timeout=_TIMEOUT_SECONDS,
                accept=accept,
            )
            async with answer:
                data = await read_bounded(answer.content.iter_any(), most)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            cause = str(error) or type(error).__name__
            raise Unavailable(f"the API server does not answer ({cause})") from error
        self._raise_for(answer, data)
        if most_values < math.inf and values_of(data) > most_values:
            raise TooLarge(f"the API server answers with more than {most_values:,} JSON values")
        return await self._decoded(path, data, path.namespace)

    async def _decoded(self, path: ApiPath, data: bytes, of: str | None) -> dict[str, Any]:
        """Return the JSON; the namespace `of` spends what it takes."""
        if of is not None:
            self._scheduler.spend(DECODED_EVENTS, of, seconds_to_decode(data))
        if len(data) <= MAX_BYTES_ON_LOOP:
            return decoded(data)
        namespace = path.namespace or ""
        return await self._scheduler.run_in_thread(API_DECODING, namespace, decoded, data)

    async def pages(
        self, path: ApiPath, *selectors: tuple[str, str], accept: str = "application/json"
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield a list page by page, so that a long one is never in memory; raises as `request`.

        A page is empty as soon as the next one is requested.
        Pages of large objects have fewer of them. One that exceeds the bound of a page alone has
        its metadata only.
        """
        limit, token = _PAGE, ""
        while True:
            query = [("limit", str(limit)), *selectors]
            query += [("continue", token)] if token else []
            try:
                listed = await self.request(
                    "GET",
                    path,
                    query=query,
                    accept=accept,
                    most=MAX_PAGE_BYTES,
                    most_values=MAX_VALUES,
                )
            except TooLarge:
                if limit > 1:
                    limit = max(1, limit // _FEWER)
                    continue
                listed = await self.request("GET", path, query=query, accept=METADATA_LIST)
            token = listed["metadata"].get("continue")
            # A list of metadata without objects has null.
            listed["items"] = listed["items"] or []
            yield listed
            listed.clear()  # the caller has it while the next page is read: two take up to 98 MB
            if not token:
                return
            limit = min(limit * _FEWER, _PAGE)

    async def changes(
        self,
        path: ApiPath,
        version: str,
        *selectors: tuple[str, str],
        accept: str = "application/json",
        shortens: bool = False,
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Watch: yield ADDED, MODIFIED or DELETED and the object, for changes after `version`.

        Of an object of more than 1 MiB or 50,000 values, the item has the name, UID and version
        only; if it `shortens`, that is so for each of a namespace that has spent what it may.
        Raises as `request`, and `Expired` if the objects have to be listed again.
        """
        while True:
            begun, has_changes = time.monotonic(), False
            async for event in self._watched(path, version, selectors, accept, shortens=shortens):
                item = event["object"]
                if event["type"] == "ERROR":
                    raise Expired(str(item.get("message")))
                version = item["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    has_changes = True
                    yield event["type"], item
            if not has_changes and time.monotonic() - begun < _MIN_WATCH_SECONDS:
                raise Unavailable("the API server ends watches at once")

    async def _watched(
        self,
        path: ApiPath,
        version: str,
        selectors: tuple[tuple[str, str], ...],
        accept: str,
        *,
        shortens: bool,
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield events until the server ends the stream."""
        query = [
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(_WATCH_SECONDS)),
            *selectors,
        ]
        timeout = aiohttp.ClientTimeout(sock_connect=_TIMEOUT_SECONDS, sock_read=_WATCH_SECONDS / 3)
        try:
            answer = await self._send("GET", path, query=query, timeout=timeout, accept=accept)
            async with answer:
                chunks = answer.content.iter_any()
                if answer.status != HTTPStatus.OK:
                    self._raise_for(answer, await read_bounded(chunks, MAX_BYTES))
                async for line, is_whole in lines(chunks, MAX_LINE_BYTES):
                    beginning = event_of_beginning(line)
                    identity = beginning["object"]["metadata"] if beginning else {}
                    namespace = identity.get("namespace")
                    if not is_whole or values_of(line) > MAX_LINE_VALUES:
                        _log.warning(_TOO_LARGE, extra={"path": path.text, "event": beginning})
                    elif (
                        namespace is None
                        or not shortens
                        or self._scheduler.may_spend(DECODED_EVENTS, namespace)
                    ):
                        yield await self._decoded(path, line, namespace)
                        continue
                    if beginning is not None:
                        yield beginning
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unavailable(f"the watch ended ({type(error).__name__})") from error

    async def _send(
        self,
        method: str,
        path: ApiPath,
        *,
        query: list[tuple[str, str]],
        accept: str,
        timeout: object,  # noqa: ASYNC109
        body: object = None,
        kind: str = "application/json",
    ) -> aiohttp.ClientResponse:
        left = self._paused_until - time.monotonic()
        if left > 0:
            raise Unavailable("the API server asks clients to wait (Retry-After)", left)
        if method != "GET" and not self._may_write(path.namespace):
            raise Unavailable("this replica does not lead")
        _, url, headers, body, _ = await self._client.param_serialize(
            method,
            path.text,
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
            case 400 | 413 | 422:
                raise Rejected(text)
        retry_after = answer.headers.get("Retry-After", "")
        wait = float(retry_after) if retry_after.isdecimal() else None
        pause_ends = time.monotonic() + min(wait or 0.0, _LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, pause_ends)
        raise Unavailable(text, wait)


class Expired(Unavailable):
    """The resourceVersion is too old to continue a watch or a list."""


def _message(data: bytes) -> str:
    try:
        status: Mapping[str, Any] = json.loads(data)
        return str(status.get("message", ""))
    except (ValueError, AttributeError, RecursionError):
        return ""
