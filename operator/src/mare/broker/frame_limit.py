"""A transport for aiormq that refuses large frames.

aiormq reads as many bytes as the header of a frame announces, up to 4 GiB, and joins the bodies of
a message of any size. The operator only declares queues: every frame that it receives is a method
or a heartbeat, and short.
"""

import asyncio
import ssl
import struct
from collections.abc import Iterable
from typing import Any, SupportsIndex

from aiormq.connection import TransportFactory
from aiormq.exceptions import AMQPConnectionError
from yarl import URL

from mare.broker.networks import BrokerNetworks

MAX_FRAME_BYTES = 131_072
"""The frame_max that RabbitMQ negotiates by default."""
_HEADER = struct.Struct(">BHI")
_END_BYTES = 1
_METHOD, _HEARTBEAT = 1, 8
_BUFFER_BYTES = 2**16


class FrameLimitReader(asyncio.StreamReader):
    """Parses frame headers; fails at the first over the limit, without reading its body."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=_BUFFER_BYTES, loop=loop)
        self._header = b""
        self._body_bytes = 0
        """Bytes of the current frame that are still to come."""

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        if self.exception() is not None:
            return
        received, position = bytes(data), 0
        while position < len(received):
            skipped = min(self._body_bytes, len(received) - position)
            self._body_bytes -= skipped
            position += skipped
            part = received[position : position + _HEADER.size - len(self._header)]
            self._header += part
            position += len(part)
            if len(self._header) == _HEADER.size:
                kind, _, length = _HEADER.unpack(self._header)
                if kind not in (_METHOD, _HEARTBEAT) or length > MAX_FRAME_BYTES:
                    self.set_exception(ConnectionResetError("frame over the limit"))
                    return
                self._header, self._body_bytes = b"", length + _END_BYTES
        super().feed_data(received)


class FrameLimitTransport(TransportFactory):
    """Opens connections to allowed networks, with a `FrameLimitReader` and perhaps TLS."""

    def __init__(self, context: ssl.SSLContext | None, networks: BrokerNetworks) -> None:
        self._context = context
        self._networks = networks

    async def create(self, url: URL, **_: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        reader = FrameLimitReader(loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            connection = await self._networks.connect(url.host or "", url.port or 0)
            transport, _protocol = await loop.create_connection(
                lambda: protocol,
                sock=connection,
                ssl=self._context,
                server_hostname=url.host if self._context else None,
            )
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
