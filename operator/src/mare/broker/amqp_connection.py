"""One AMQP connection that all readers of a virtual host share."""

import asyncio
import ssl
from weakref import WeakKeyDictionary

import aiormq
from aiormq.abc import AbstractConnection
from aiormq.exceptions import AMQPError, InvalidFrameError, ProbableAuthenticationError
from yarl import URL

from mare.broker.bounded_tls import handshakes_of
from mare.broker.connection_parameters import (
    ConnectionParameters,
    refusal_behind,
    without_tracebacks,
)
from mare.broker.frame_limit import FrameLimitTransport
from mare.ports import AccessRefused
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import HANDSHAKES

_CONNECT_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
_HEARTBEAT_SECONDS = 10


class SharedConnection:
    """Connects on first use and again after a failure. Concurrent callers share one attempt."""

    def __init__(self, parameters: ConnectionParameters) -> None:
        self._parameters = parameters
        self._connection: AbstractConnection | None = None
        self._attempt: asyncio.Task[AbstractConnection] | None = None
        self._transports: WeakKeyDictionary[AbstractConnection, FrameLimitTransport] = (
            WeakKeyDictionary()
        )
        self._closed = False
        self._tls: ssl.SSLContext | None = None
        """Shared by all attempts."""

    async def get(self) -> AbstractConnection:
        """Return the open connection.

        Raises:
            AccessRefused: The broker refuses the credentials or the virtual host, TLS fails, or it
                is not RabbitMQ.
            OverBudget: The namespace is over a bound.
            OSError: The broker cannot be reached.
        """
        if self._closed:
            raise ConnectionError("closed")
        if self._connection is not None and not self._connection.is_closed:
            return self._connection
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._connect())
            self._attempt.add_done_callback(self._end_attempt)
        try:
            return await asyncio.shield(self._attempt)
        except asyncio.CancelledError:
            if self._closed:  # `close` has cancelled the attempt, and not the caller
                raise ConnectionError("closed") from None
            raise

    def _end_attempt(self, attempt: asyncio.Task[AbstractConnection]) -> None:
        """Forget an attempt: its error keeps the frames and objects of a failed connection."""
        self._attempt = None
        if not attempt.cancelled():
            attempt.exception()  # without callers that wait: not logged as never retrieved

    async def _connect(self) -> AbstractConnection:
        parameters = self._parameters
        uri = URL(parameters.amqp_url()).update_query(
            heartbeat=str(_HEARTBEAT_SECONDS), name="mare"
        )
        if uri.scheme == "amqps":
            self._tls = self._tls or parameters.ssl_context()
            handshakes_of.set(parameters.tenant)
            parameters.tenant.check(HANDSHAKES)
        transport = FrameLimitTransport(self._tls, parameters.networks, parameters.tenant)
        connection = aiormq.Connection(uri, transport_factory=transport)
        # aiormq answers a channel that the broker closes only if less than ten frames wait: with 30
        # missing queues, RabbitMQ saw a channel that is opened twice, and closed the connection.
        connection.write_queue = asyncio.Queue()
        self._transports[connection] = transport
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await connection.connect()
            _check_capabilities(connection)
            self._connection = connection
        except ProbableAuthenticationError as error:
            raise AccessRefused("the broker refuses the user or the password") from error
        except (AMQPError, ConnectionError, TimeoutError) as error:
            refused = refusal_behind(error, "the broker") or _refusal(error, self._parameters.vhost)
            raise (refused or OSError(type(error).__name__)) from without_tracebacks(error)
        except (AccessRefused, OverBudget):
            raise
        except Exception as error:  # noqa: BLE001 - what a broker sends must not stay in memory
            # Of 3,000 arrays in each other, the traceback of pamqp's RecursionError keeps 14 MB.
            raise OSError(type(error).__name__) from without_tracebacks(error)
        finally:
            if self._connection is not connection:
                await self._close(connection)
        return connection

    async def drop(self, connection: AbstractConnection) -> None:
        """Close a connection that has failed; keep one that was opened since then."""
        if self._connection is connection:
            self._connection = None
        await self._close(connection)

    async def close(self) -> None:
        self._closed = True
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.wait([self._attempt])
        if self._connection is not None:
            await self.drop(self._connection)

    async def _close(self, connection: AbstractConnection) -> None:
        """Close a connection, within two seconds also if the broker reads nothing any more."""
        # By default aiormq cancels the tasks that wait for an answer: they would seem cancelled by
        # their own caller.
        closing = asyncio.ensure_future(connection.close(ConnectionError("closed")))
        await asyncio.wait([closing], timeout=_CLOSE_SECONDS)
        self._transports[connection].abort()
        if not closing.done():
            closing.cancel()
            await asyncio.wait([closing], timeout=_CLOSE_SECONDS)
        if closing.done() and not closing.cancelled():
            closing.exception()  # that of a failed connection


def _check_capabilities(connection: AbstractConnection) -> None:
    """Raise AccessRefused where a broker announces none: aiormq reads them for each channel."""
    if not isinstance(connection.server_properties.get("capabilities"), dict):
        text = "the broker announces no capabilities when a client connects, as RabbitMQ does"
        raise AccessRefused(text, "BrokerUnsupported")


def _refusal(error: BaseException, vhost: str) -> AccessRefused | None:
    text = str(error)
    if "ACCESS_REFUSED" in text:
        return AccessRefused("the broker refuses the user or the password")
    # The broker answers connection.open with connection.close, for which aiormq raises
    # InvalidFrameError.
    if isinstance(error, InvalidFrameError) or "NOT_ALLOWED" in text or "vhost" in text:
        text = f"the broker has no virtual host {vhost} for this user"
        return AccessRefused(text, "VirtualHostRefused")
    return None
