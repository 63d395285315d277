"""One AMQP connection for all who need it, opened when it is needed and again when it broke."""

import asyncio
from contextlib import suppress

import aiormq
from aiormq.abc import AbstractConnection
from aiormq.exceptions import AMQPError, InvalidFrameError, ProbableAuthenticationError
from yarl import URL

from mare.broker.connection_parameters import ConnectionParameters, distrust
from mare.ports import AccessRefused

_CONNECT_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
_HEARTBEAT_SECONDS = 10


class SharedConnection:
    """Those who need it at the same moment wait for the same attempt; close it in the end."""

    def __init__(self, access: ConnectionParameters) -> None:
        self._access = access
        self._connection: AbstractConnection | None = None
        self._attempt: asyncio.Task[AbstractConnection] | None = None
        self._closed = False

    async def opened(self) -> AbstractConnection:
        """Raises `AccessRefused` if the broker does not let us in, OSError if it is not reached."""
        if self._closed:
            raise ConnectionError("closed")
        if self._connection is not None and not self._connection.is_closed:
            return self._connection
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._open())
        return await asyncio.shield(self._attempt)

    async def _open(self) -> AbstractConnection:
        uri = URL(self._access.amqp_uri_of_vhost() or "").update_query(
            heartbeat=str(_HEARTBEAT_SECONDS), name="mare"
        )
        context = self._access.context() if uri.scheme == "amqps" else None
        connection = aiormq.Connection(uri, context=context)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await connection.connect()
            self._connection = connection
        except ProbableAuthenticationError as error:
            raise AccessRefused("the broker refuses the user or the password") from error
        except (AMQPError, ConnectionError, TimeoutError) as error:
            refused = distrust(error, "the broker") or _refusal(error, self._access.vhost)
            raise (refused or OSError(type(error).__name__)) from error
        finally:
            if self._connection is not connection:
                await _end(connection)
        return connection

    async def cut(self, connection: AbstractConnection) -> None:
        """End a connection that is of no use; one that was opened since then is left alone."""
        if self._connection is connection:
            self._connection = None
        await _end(connection)

    async def close(self) -> None:
        self._closed = True
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.wait([self._attempt])
        if self._connection is not None:
            await self.cut(self._connection)


async def _end(connection: AbstractConnection) -> None:
    # By itself aiormq would have all who wait for an answer believe that they were cancelled.
    with suppress(AMQPError, OSError, RuntimeError, asyncio.CancelledError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await connection.close(ConnectionError("closed"))


def _refusal(error: BaseException, vhost: str) -> AccessRefused | None:
    text = str(error)
    if "ACCESS_REFUSED" in text:
        return AccessRefused("the broker refuses the user or the password")
    # aiormq does not understand that, instead of opening a virtual host, the broker says no.
    if isinstance(error, InvalidFrameError) or "NOT_ALLOWED" in text or "vhost" in text:
        return AccessRefused(f"the broker has no virtual host {vhost} for this user")
    return None
