"""Bounds what kopf reads: pages and watch events of QueueAutoscalers, whose size tenants choose.

kopf reads each page of a list, and each line of a watch, whole, and copies what it has read. The
API server sends a QueueAutoscaler as the JSON that it stores, which is 1.5 MiB at most, etcd's
limit of a request.
Decoding one of labels and managed fields takes 25 MiB, so ten in a page ended an operator of
256 MiB.
"""

import asyncio
import json
import logging
import math
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, cast

from aiohttp import (
    ClientConnectionError,
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    StreamReader,
)

from mare.cluster.api import METADATA_LIST
from mare.cluster.bounded_answers import (
    MAX_BYTES,
    MAX_LEVELS,
    MAX_LINE_BYTES,
    TooLarge,
    decoded,
    levels_of,
    lines,
    read_bounded,
    seconds_to_decode,
    shortened,
    values_of,
)
from mare.tenant_scheduler import DECODED_EVENTS, TenantScheduler

_FEWER = 5
"""Divides the objects of a page that exceeds its bound."""
_MOST_VALUES = 20_000
"""JSON values of a page or event, which kopf decodes on the event loop: a QueueAutoscaler has 600
with its status, and 20,000 take 4 ms. One of 85,000 numbers in 839 KB took 25 ms."""
_SERVER_ERROR = 500
_STARTING_SECONDS = 60.0
"""After the last failed connection or 5xx. Later a refusal means that the operator lacks a right,
which has to end it."""
_TOO_LARGE = "A QueueAutoscaler exceeds 1 MiB, 20,000 JSON values or 100 levels and is not read"
_log = logging.getLogger(__name__)


class BoundedReads:
    """Middleware of an aiohttp session that lists pages of at most `page` objects and watches.

    A page takes 1 MiB at most, like an event of a watch. A page of large objects has fewer of them;
    an object that exceeds the bound alone is logged and left out. Of a namespace that has spent
    what it may, an event has the identity of its object only.
    """

    def __init__(self, page: int, scheduler: TenantScheduler) -> None:
        self._scheduler = scheduler
        self._page = self._limit = page
        self._away_at = -math.inf
        """When the API server could not be reached, or answered 5xx, last."""

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if "limit" in request.url.query:
            return await self._list(request, handler)
        response = await self._answered(request, handler)
        if "watch" in request.url.query and response.status == HTTPStatus.OK:
            response.content = cast(StreamReader, _ShortLines(response.content, self._scheduler))
        return response

    async def _answered(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Return a response; raise `ClientConnectionError` while the API server is away or starts.

        A load balancer before an API server that is away answers 502 or 503. One that starts
        answers 500, and 403 before it has read the roles. All end kopf if they answer the last of
        nine attempts, but errors of connections never do.
        """
        try:
            response = await handler(request)
        except (ClientConnectionError, TimeoutError, asyncio.CancelledError):  # or aiohttp's timer
            self._away_at = time.monotonic()
            raise
        is_away = response.status >= _SERVER_ERROR
        if is_away:
            self._away_at = time.monotonic()
        is_starting = time.monotonic() - self._away_at < _STARTING_SECONDS
        if is_away or (response.status == HTTPStatus.FORBIDDEN and is_starting):
            response.close()
            raise ClientConnectionError(f"the API server is away (status {response.status})")
        return response

    async def _list(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        # Other namespaces are listed meanwhile, and change the limit for the next pages.
        limit = self._limit
        while True:
            request.url = request.url.update_query(limit=str(limit))
            response = await self._answered(request, handler)
            if response.status != HTTPStatus.OK:
                return response
            try:
                body = await read_bounded(response.content.iter_any(), MAX_LINE_BYTES)
                if _has_too_many_values(body):
                    raise TooLarge("too many JSON values")  # noqa: TRY301 - as a long one
            except TooLarge:
                response.close()
                if limit == 1:
                    return await self._skip(request, handler)
                limit = max(1, limit // _FEWER)
                continue
            self._limit = min(limit * _FEWER, self._page)
            return _with_body(response, body)

    async def _skip(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Return a page without its one object, which is too large."""
        request.headers["Accept"] = METADATA_LIST
        response = await self._answered(request, handler)
        if response.status != HTTPStatus.OK:
            return response
        page = decoded(await read_bounded(response.content.iter_any(), MAX_BYTES))
        for item in page["items"] or []:
            metadata = item["metadata"]
            _log.warning(_TOO_LARGE, extra={"object": (metadata["namespace"], metadata["name"])})
        return _with_body(response, json.dumps({**page, "items": []}).encode())


def _has_too_many_values(body: bytes) -> bool:
    values = values_of(body)
    return values > _MOST_VALUES or (values > MAX_LEVELS and levels_of(body) > MAX_LEVELS)


def _with_body(response: ClientResponse, body: bytes) -> ClientResponse:
    """Return a response whose body has been read."""
    response.content = cast(StreamReader, _Body(response.content, body))
    return response


class _Content:
    """The content of a response, apart from how kopf reads it."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


class _Body(_Content):
    """A body that has been read."""

    def __init__(self, content: StreamReader, body: bytes) -> None:
        super().__init__(content)
        self._body = body

    async def read(self) -> bytes:
        return self._body


class _ShortLines(_Content):
    """The body of a watch without the lines that exceed 1 MiB."""

    def __init__(self, content: StreamReader, scheduler: TenantScheduler) -> None:
        super().__init__(content)
        self._scheduler = scheduler

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        async for line, is_whole in lines(self._content.iter_any(), MAX_LINE_BYTES):
            if is_whole and not _has_too_many_values(line):
                yield self._affordable(line) + b"\n"
            else:
                _log.warning(_TOO_LARGE, extra={"beginning": line[:200].decode(errors="replace")})

    def _affordable(self, line: bytes) -> bytes:
        found = shortened(line)
        if found is None:
            return line
        namespace, short = found
        if not self._scheduler.may_spend(DECODED_EVENTS, namespace):
            return short
        self._scheduler.spend(DECODED_EVENTS, namespace, seconds_to_decode(line))
        return line
