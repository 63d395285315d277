"""An HTTP response whose head is bounded: interim responses (1xx) before it can have no end.

aiohttp skips them, and waits for no data while it has some: 1 MB of them takes 0.17 s. It parses
all that one read of the socket returns: 256 KiB are 9,000 responses and take 2 MB.
"""

from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

if TYPE_CHECKING:
    from aiohttp.connector import Connection

_MOST_INTERIM = 8
"""RabbitMQ sends none, and a proxy one."""
_INTERIM = range(100, 200)
_HEAD_BYTES, _BODY_BYTES = 2**13, 2**14
"""Most bytes of one read: a head of RabbitMQ has less than 1 KiB."""


class TooManyInterimResponses(aiohttp.ClientError):
    """The server sends interim responses and no response."""


class BoundedHandler(ResponseHandler):
    """Closes a connection on which responses without a request wait.

    aiohttp keeps each of them: one idle connection took 337 MB in 6 s.
    """

    def feed_data(self, data: Any, size: int = 0) -> None:
        if len(self._buffer) > _MOST_INTERIM and self.transport is not None:
            self.transport.abort()
        else:
            super().feed_data(data, size)


class BoundedResponse(aiohttp.ClientResponse):
    """Closes the connection after eight interim responses to one request."""

    async def start(self, connection: "Connection") -> aiohttp.ClientResponse:
        protocol: Any = connection.protocol
        transport: Any = connection.transport
        read, interim = protocol.read, 0

        async def read_bounded() -> Any:
            nonlocal interim
            message, payload = await read()
            interim += message.code in _INTERIM
            if interim > _MOST_INTERIM:
                raise TooManyInterimResponses
            return message, payload

        protocol.read, transport.max_size = read_bounded, _HEAD_BYTES
        try:
            return await super().start(connection)
        finally:
            transport.max_size = _BODY_BYTES
            del protocol.read
