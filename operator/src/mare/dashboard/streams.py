"""Server-Sent Events, at most one a second for each visitor.

Nothing is queued: each message contains what changed since the previous one. A slow visitor costs
one connection buffer, and is disconnected when that buffer does not empty.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from mare.custom_resource.autoscaler import Key
from mare.dashboard.http_rules import HttpError, standby_error
from mare.dashboard.operator_status import Leader
from mare.dashboard.serialize import Json, encode_json
from mare.dashboard.snapshot import Snapshot

_SECOND = 1.0
_RETRY_MILLISECONDS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    streams: int = 32
    heartbeat_seconds: float = 15.0
    """Time without a message after which a comment is sent, so that proxies keep the connection."""
    send_timeout_seconds: float = 15.0
    """Time in which a visitor must take a message."""


@dataclass(eq=False)
class Streams:
    snapshot: Snapshot
    leader: Callable[[], Leader]
    detail: Callable[[Key], Json]
    """Raises `HttpError` for an object that does not exist."""
    limits: Limits
    _open: int = field(default=0, init=False)
    ended: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def all(self, request: web.Request) -> web.StreamResponse:
        stream = _Stream(request, self.limits)
        with self._counted(), suppress(ConnectionError):
            await stream.begin(request)
            seen: int | None = None
            while not self.ended.is_set() and await self._still_leads(stream):
                await self.snapshot.refresh()
                tick = self.snapshot.tick
                if tick != seen:
                    changes = None if seen is None else self.snapshot.changes(seen)
                    if changes is None:
                        await stream.send("state", self.snapshot.state())
                    else:
                        await stream.send("changes", changes)
                    seen = tick
                await self._pause(stream)
        return stream.response

    async def one(self, request: web.Request, key: Key) -> web.StreamResponse:
        stream = _Stream(request, self.limits)
        with self._counted(), suppress(ConnectionError):
            await stream.begin(request)
            while not self.ended.is_set() and await self._still_leads(stream):
                try:
                    text = encode_json(self.detail(key))
                except HttpError:
                    gone = {"namespace": key.namespace, "name": key.name}
                    await stream.send("gone", encode_json(gone))
                    break
                await stream.send("object", text)
                await self._pause(stream)
        return stream.response

    @contextmanager
    def _counted(self) -> Iterator[None]:
        most = self.limits.streams
        if self._open >= most:
            text = f"All {most} streams are in use. Poll api/state instead."
            raise HttpError(503, "TooManyStreams", text, retry_after=5)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def _still_leads(self, stream: "_Stream") -> bool:
        leader = self.leader()
        if not leader.leads:
            self.snapshot.forget()
            await stream.send("standby", encode_json(standby_error(leader).body))
        return leader.leads

    async def _pause(self, stream: "_Stream") -> None:
        try:
            async with asyncio.timeout(_SECOND):
                await self.ended.wait()
        except TimeoutError:
            await stream.beat()


class _Stream:
    def __init__(self, request: web.Request, limits: Limits) -> None:
        self._limits = limits
        headers = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        self.response = web.StreamResponse(headers=headers)
        self._transport = request.transport
        self._sent_at = time.monotonic()

    async def begin(self, request: web.Request) -> None:
        await self.response.prepare(request)
        await self._write(f"retry: {_RETRY_MILLISECONDS}\n\n")

    async def send(self, event: str, data: str) -> None:
        await self._write(f"event: {event}\ndata: {data}\n\n")

    async def beat(self) -> None:
        if time.monotonic() - self._sent_at >= self._limits.heartbeat_seconds:
            await self._write(": alive\n\n")

    async def _write(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.send_timeout_seconds):
                await self.response.write(text.encode())
        except TimeoutError as error:
            if self._transport is not None:
                self._transport.abort()
            raise ConnectionResetError("the visitor reads too slowly") from error
        self._sent_at = time.monotonic()
