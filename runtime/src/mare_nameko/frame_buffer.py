"""Splits what is received into AMQP frames.

py-amqp calls ``recv`` three times for each frame: nine times for a message, which has three. With a
buffer, the frames that have arrived together are read with one call.
"""

from struct import Struct
from typing import Any

from amqp.exceptions import UnexpectedFrame

RECEIVE_BYTES = 64 * 1024
"""Bytes of one read. From 128 KiB on, the C library maps and unmaps memory for each."""

MAX_FRAME_BYTES = 2**24
"""RabbitMQ's `frame_max` is 128 KiB by default; py-amqp accepts any that the broker proposes."""
_HEADER = Struct(">BHI")
_END = 0xCE

Frame = tuple[int, int, bytes]
"""Type, channel and payload."""


class FrameBuffer:
    """Splits a stream of bytes into AMQP frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def receive(self, sock: Any) -> None:
        """Read once from a socket; raise ConnectionResetError if the broker has closed it."""
        data = sock.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        self.feed(data)

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def next(self) -> Frame | None:
        """Return the next complete frame, or None. Raises UnexpectedFrame if it is not valid."""
        buffer = self._bytes
        if len(buffer) < _HEADER.size:
            return None
        kind, channel, size = _HEADER.unpack_from(buffer)
        if size > MAX_FRAME_BYTES:
            raise UnexpectedFrame(f"frame of {size} bytes")
        end = _HEADER.size + size
        if len(buffer) <= end:
            return None
        if buffer[end] != _END:
            raise UnexpectedFrame(f"frame ends with {buffer[end]:#04x} instead of {_END:#04x}")
        payload = bytes(buffer[_HEADER.size : end])
        del buffer[: end + 1]
        return kind, channel, payload
