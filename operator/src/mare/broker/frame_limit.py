"""A transport for aiormq that refuses large frames, and more frames than it requested.

aiormq reads as many bytes as the header of a frame announces, up to 4 GiB, and joins the bodies of
a message of any size. The operator only declares queues: every frame that it receives is a method
or a heartbeat, and short. aiormq takes 35 µs for each frame and does not pause while more are
there: frames without end from one broker delay the decisions for all others.
"""

import asyncio
import ssl
import struct
from collections.abc import Iterable
from typing import Any, SupportsIndex

from aiormq.connection import TransportFactory
from aiormq.exceptions import AMQPConnectionError
from yarl import URL

from mare.broker.connection_parameters import without_tracebacks
from mare.broker.networks import BrokerNetworks
from mare.tenant_scheduler import Tenant

MAX_FRAME_BYTES = 16_384
"""What a broker says of itself takes 1 KiB. Decoding takes quadratic time: nested values of 16 KiB
take 8 ms, and frames of 128 KiB, RabbitMQ's frame_max, take 0.5 s."""
_MOST_NESTED = 256
"""Letters of a frame that begin a table or an array. RabbitMQ's frames have 30, mostly in texts.
3,000 arrays in each other end the decoding with a RecursionError, whose traceback keeps 14 MB."""
MAX_UNREQUESTED_FRAMES = 256
"""RabbitMQ sends as many heartbeats as it receives, and two frames for an alarm. 128 channels of a
connection can wait for an answer."""
_HEADER = struct.Struct(">BHI")
_END_BYTES = 1
_METHOD, _HEARTBEAT = 1, 8
_BUFFER_BYTES = 2**16
_MOST_UNSENT_BYTES = 2**18
"""A broker that reads nothing: a round of declares for 2,000 queues takes 120 KB."""


class FrameLimitReader(asyncio.StreamReader):
    """Parses frame headers; fails at the first over a limit, without reading its body."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=_BUFFER_BYTES, loop=loop)
        self._header = b""
        self._body_bytes = 0
        """Bytes of the current frame that are still to come."""
        self._nested = 0
        self._allowed_frames = MAX_UNREQUESTED_FRAMES

    def allow_frame(self) -> None:
        """Allow an answer to a frame that was sent."""
        self._allowed_frames = min(MAX_UNREQUESTED_FRAMES, self._allowed_frames + 1)

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        if self.exception() is not None:
            return
        received, position = bytes(data), 0
        while position < len(received):
            skipped = min(self._body_bytes, len(received) - position)
            body = received[position : position + skipped]
            self._nested += body.count(b"A") + body.count(b"F")
            self._body_bytes -= skipped
            position += skipped
            part = received[position : position + _HEADER.size - len(self._header)]
            self._header += part
            position += len(part)
            if len(self._header) == _HEADER.size:
                kind, _, length = _HEADER.unpack(self._header)
                self._allowed_frames -= 1
                is_short = kind in (_METHOD, _HEARTBEAT) and length <= MAX_FRAME_BYTES
                if not is_short or self._allowed_frames < 0:
                    self._refuse()
                    return
                self._nested = 0
                self._header, self._body_bytes = b"", length + _END_BYTES
            if self._nested > _MOST_NESTED:
                self._refuse()
                return
        super().feed_data(received)

    def _refuse(self) -> None:
        self.set_exception(ConnectionResetError("frame over the limit"))


class _FrameWriter(asyncio.StreamWriter):
    """Allows the reader one frame for each write; aiormq writes frames one by one.

    Frames that are written at the same time are sent together: a system call for each one takes a
    tenth of the processor time of a declare.
    """

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        protocol: asyncio.StreamReaderProtocol,
        reader: FrameLimitReader,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(transport, protocol, reader, loop)
        self._frames = reader
        self._event_loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._frames.allow_frame()
        if not self._waiting:
            self._event_loop.call_soon(self._send)
        self._waiting.append(bytes(data))

    def _send(self) -> None:
        if self._waiting:
            super().write(b"".join(self._waiting))
            self._waiting.clear()
            if self.transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:
                self.transport.abort()

    async def drain(self) -> None:
        self._send()
        await super().drain()

    def close(self) -> None:
        self._send()
        super().close()


class FrameLimitTransport(TransportFactory):
    """Opens connections to allowed networks, with a `FrameLimitReader` and perhaps TLS."""

    def __init__(
        self, context: ssl.SSLContext | None, networks: BrokerNetworks, tenant: Tenant
    ) -> None:
        self._context = context
        self._networks = networks
        self._tenant = tenant
        self._transport: asyncio.WriteTransport | None = None

    def abort(self) -> None:
        """Close the last connection without waiting for what is not sent."""
        if self._transport is not None:
            self._transport.abort()

    async def create(self, url: URL, **_: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        reader = FrameLimitReader(loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            connection = await self._networks.connect(url.host or "", url.port or 0, self._tenant)
            transport, _protocol = await loop.create_connection(
                lambda: protocol,
                sock=connection,
                ssl=self._context,
                server_hostname=url.host if self._context else None,
            )
        except OSError as error:
            raise AMQPConnectionError(*error.args) from without_tracebacks(error)
        self._transport = transport
        return reader, _FrameWriter(transport, protocol, reader, loop)
