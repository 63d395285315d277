"""An HTTP client for the management API and the Prometheus endpoint of a broker."""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import TypeVar, TypeVarTuple
from urllib.parse import unquote, urlsplit

import aiohttp
import msgspec
from yarl import URL

from mare.broker.bounded_response import BoundedHandler, BoundedResponse
from mare.broker.bounded_tls import check_handshake, handshakes_of
from mare.broker.connection_parameters import (
    ConnectionParameters,
    refusal_behind,
    without_tracebacks,
)
from mare.broker.networks import AddressInfo, Resolver
from mare.ports import AccessRefused
from mare.tenant_scheduler import BODIES, DECODING, HUGE_BODIES, LARGE_BODIES

_log = logging.getLogger(__name__)
_SECONDS = 4.0
_CHUNK_BYTES = 2**15
_SMALL_BYTES = 2**15
_LARGER = ((2**18, LARGE_BODIES), (2**22, HUGE_BODIES))
_FIELD_BYTES = 2**11
"""Of a header: RabbitMQ's longest has 300."""

Query = Mapping[str, str | Sequence[str]]
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_MISSING = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
"""RabbitMQ 3 answers 400 to the path of a quorum queue's status: it takes `quorum` for a vhost."""

_OVERLOADED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class ResponseTooLarge(OSError):
    """A response exceeds a bound. The next one will, too."""


class TooManyRequests(OSError):
    """The endpoint refuses the request for now.

    `retry_after` is the number of seconds that it asks clients to wait, 0 without such a number.
    """

    def __init__(self, text: str, retry_after: float) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class EndpointMissing(OSError):
    """The broker has no such endpoint, or what it describes does not exist."""


class BrokerHttpClient:
    """GET requests below one URI of a Secret, over one connection or a few.

    No request follows a redirect, takes longer than 4 s, returns more than `max_bytes`, or reads
    interim responses without end.
    Errors contain no URI, which may contain a password.
    """

    def __init__(
        self,
        uri: str,
        parameters: ConnectionParameters,
        source: str,
        max_bytes: int,
        *,
        connections: int = 1,
        idle_seconds: float = 15.0,
    ) -> None:
        """`source` names the endpoint in errors, for example "the management API".

        Each request that is under way takes one of the `connections`, and leaves it open for
        `idle_seconds`.
        """
        parts = urlsplit(uri)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        self._base = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
        self._headers: dict[str, str] = {}
        if parts.username is not None:
            user, password = unquote(parts.username), unquote(parts.password or "")
            self._headers["Authorization"] = aiohttp.encode_basic_auth(user, password)
        self._tls = parameters.ssl_context() if parts.scheme == "https" else True
        self._networks = parameters.networks
        self._tenant = parameters.tenant
        self._source = source
        self._max_bytes = max_bytes
        self._connections = connections
        self._idle_seconds = idle_seconds
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self,
        path: str,
        query: Query,
        also: HTTPStatus = HTTPStatus.OK,
        most: int = sys.maxsize,
    ) -> bytearray:
        """Return the body of a response with status 200 or `also`, of `most` bytes at most.

        Raises:
            AccessRefused: The broker refuses the credentials or its certificate is not trusted.
            OverBudget: The namespace is over a bound.
            EndpointMissing: The status is 400, 404 or 405.
            TooManyRequests: The status is 429 or 503.
            OSError: Any other failure.
        """
        async with self.body(path, query, also, most) as body:
            return body

    @asynccontextmanager
    async def body(
        self,
        path: str,
        query: Query,
        also: HTTPStatus = HTTPStatus.OK,
        most: int = sys.maxsize,
    ) -> AsyncIterator[bytearray]:
        """Like `get`; a large body counts as one that is received until the block ends.

        Otherwise a body of 11 MiB for each virtual host could wait to be decoded.
        """
        body = bytearray()
        async with self.stream(path, query, also) as chunks, AsyncExitStack() as stack:
            async for chunk in chunks:
                for most_bytes, larger in _LARGER:
                    if len(body) <= most_bytes < len(body) + len(chunk):
                        await stack.enter_async_context(self._tenant.turn(larger))
                body += chunk
                if len(body) > most:
                    raise ResponseTooLarge(f"{self._source} returns more than {most:,} bytes")
            yield body

    async def decode(self, body: bytearray, decoder: "msgspec.json.Decoder[T]") -> T:
        """Return the content of a body; raise OSError for another shape."""
        return await self.run_in_thread(decode, body, decoder, self._source)

    async def run_in_thread(self, function: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run what takes long for a large body; raise `OverBudget` if too many others wait."""
        return await self._tenant.run_in_thread(DECODING, function, *args)

    @asynccontextmanager
    async def stream(
        self, path: str, query: Query, also: HTTPStatus = HTTPStatus.OK
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body at a percent-encoded path in chunks of at most 32 KiB; raises as `get` does."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections,
                keepalive_timeout=self._idle_seconds,
                ssl=self._tls,
                resolver=Resolver(self._tenant),
                socket_factory=self._open_socket,
            )
            # aiohttp has no other way to choose the class of its connections.
            factory = partial(BoundedHandler, loop=asyncio.get_running_loop())
            setattr(connector, "_factory", factory)  # noqa: B010
            self._session = aiohttp.ClientSession(
                headers={**self._headers, "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
                connector=connector,
                max_field_size=_FIELD_BYTES,
                read_bufsize=_CHUNK_BYTES // 2,
                cookie_jar=aiohttp.DummyCookieJar(),
                response_class=BoundedResponse,
                # 64 KiB of compressed data can decompress to 64 MiB in one step.
                auto_decompress=False,
            )
        pairs = [(k, v) for k, vs in query.items() for v in ([vs] if isinstance(vs, str) else vs)]
        url = URL(self._base + path, encoded=True)
        handshakes_of.set(self._tenant)
        try:
            async with (
                AsyncExitStack() as stack,
                self._session.get(url, params=pairs, allow_redirects=False) as response,
            ):
                if response.status != also:
                    self._check_status(response)
                yield self._chunks(response, stack)
        except TimeoutError as error:
            raise OSError(f"{self._source} does not answer in time") from error
        except aiohttp.ClientError as error:
            raise refusal_behind(error, self._source) or OSError(
                f"{self._source} cannot be reached ({type(error).__name__})"
            ) from without_tracebacks(error)

    def _open_socket(self, info: AddressInfo) -> socket.socket:
        if self._tls is not True:
            check_handshake(self._tenant)
        return self._networks.open_socket(info)

    def _check_status(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise AccessRefused(f"{self._source} refuses the user or the password")
        if status != HTTPStatus.OK:
            # A status would show a tenant what answers in networks that only the operator reaches.
            _log.debug("Unexpected response", extra={"source": self._source, "status": status})
            text = f"{self._source} does not return statistics"
            if status in _OVERLOADED:
                retry_after = response.headers.get("Retry-After", "")
                raise TooManyRequests(text, float(retry_after) if retry_after.isdecimal() else 0.0)
            raise EndpointMissing(text) if status in _MISSING else OSError(text)

    async def _chunks(
        self, response: aiohttp.ClientResponse, stack: AsyncExitStack
    ) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            if size <= _SMALL_BYTES < size + len(chunk):
                await stack.enter_async_context(self._tenant.turn(BODIES))
            size += len(chunk)
            if size > self._max_bytes:
                limit = self._max_bytes >> 20
                raise ResponseTooLarge(f"{self._source} returns more than {limit} MiB")
            yield chunk

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def decode(body: bytearray, decoder: "msgspec.json.Decoder[T]", source: str) -> T:
    """Return the content of a body from `source`; raise OSError for another shape."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise OSError(f"{source} returns an unexpected response") from error
