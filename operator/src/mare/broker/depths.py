"""Ready messages and consumers by passive declaration: fresh at call time, 0.2 ms each."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import (
    AMQPConnectionError,
    AMQPError,
    ChannelAccessRefused,
    ChannelLockedResource,
    ChannelNotFoundEntity,
    ProbableAuthenticationError,
)
from yarl import URL

from mare.broker.access import Access, distrust
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused

_CHANNELS = 8
"""Declarations on their way at a time. A missing queue closes its channel, the others go on."""
_CONNECT_SECONDS = 5.0
_HEARTBEAT_SECONDS = 10


class Depth(NamedTuple):
    ready: int
    consumers: int


class Depths:
    """One connection, opened when it is needed and again when it broke."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._connection: AbstractConnection | None = None
        self._idle: list[AbstractChannel] = []

    async def read(
        self, names: Iterable[str], results: dict[str, Depth | Unknown], seconds: float
    ) -> None:
        """Fill `results` for these queues.

        Raises `AccessRefused` if the broker does not let us in, OSError if it cannot be reached or
        takes longer than `seconds`; what was read until then is there.
        """
        waiting = list(names)
        waiting.reverse()
        connection = await self._connected()
        workers = [
            self._work(connection, waiting, results) for _ in range(min(_CHANNELS, len(waiting)))
        ]
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*workers)
        except (AMQPError, ConnectionError, RuntimeError, TimeoutError) as error:
            await self.close()
            raise OSError(_short(error)) from error

    async def _work(
        self,
        connection: AbstractConnection,
        waiting: list[str],
        results: dict[str, Depth | Unknown],
    ) -> None:
        channel: AbstractChannel | None = None
        try:
            while waiting:
                name = waiting.pop()
                channel = channel or await self._open(connection)
                results[name], channel = await _declare(channel, name)
        finally:
            if channel is not None and not channel.is_closed:
                self._idle.append(channel)

    async def _open(self, connection: AbstractConnection) -> AbstractChannel:
        while self._idle:
            channel = self._idle.pop()
            if not channel.is_closed:
                return channel
        return await connection.channel(publisher_confirms=False)

    async def _connected(self) -> AbstractConnection:
        if self._connection is not None and not self._connection.is_closed:
            return self._connection
        await self.close()
        uri = URL(self._access.amqp_uri_of_vhost() or "").update_query(
            heartbeat=str(_HEARTBEAT_SECONDS), name="mare"
        )
        context = self._access.context() if uri.scheme == "amqps" else None
        connection = aiormq.Connection(uri, context=context)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await connection.connect()
        except ProbableAuthenticationError as error:
            raise AccessRefused("the broker refuses the user or the password") from error
        except (AMQPConnectionError, ConnectionError, TimeoutError) as error:
            refused = distrust(error, "the broker") or _refusal(error, self._access.vhost)
            raise (refused or OSError(_short(error))) from error
        self._connection = connection
        return connection

    async def close(self) -> None:
        self._idle.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(AMQPError, OSError, RuntimeError, asyncio.CancelledError):
                async with asyncio.timeout(1):
                    await connection.close()


async def _declare(
    channel: AbstractChannel, name: str
) -> tuple[Depth | Unknown, AbstractChannel | None]:
    """The depth, and the channel if it lives on."""
    try:
        found = await channel.queue_declare(name, passive=True)
    except ChannelNotFoundEntity:
        return Unknown("QueueNotFound", f"queue {name} does not exist", name), None
    except ChannelAccessRefused:
        text = f"the broker does not show queue {name} to this user"
        return Unknown("QueueRefused", text, name), None
    except ChannelLockedResource:
        text = f"queue {name} belongs to one connection alone"
        return Unknown("QueueExclusive", text, name), None
    return Depth(found.message_count or 0, found.consumer_count or 0), channel


def _refusal(error: BaseException, vhost: str) -> AccessRefused | None:
    text = str(error)
    if "ACCESS_REFUSED" in text:
        return AccessRefused("the broker refuses the user or the password")
    if "NOT_ALLOWED" in text or "vhost" in text:
        return AccessRefused(f"the broker has no virtual host {vhost} for this user")
    return None


def _short(error: BaseException) -> str:
    return type(error).__name__
