"""py-amqp's connection with batched input and output, and with a time limit on every exchange.

Replies that arrive together are read with one ``recv``; requests published together are sent with
one ``send``. Only documented extension points of py-amqp are used: its argument ``frame_handler``
and the method :meth:`blocking_read`.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from struct import Struct
from typing import Any

import amqp
from amqp.exceptions import UnexpectedFrame
from amqp.method_framing import frame_handler

_RECEIVE_SIZE = 256 * 1024
MAX_FRAME_BYTES = 2**24
"""RabbitMQ's `frame_max` is 128 KiB by default; py-amqp accepts any that the broker proposes."""
_HEADER = Struct(">BHI")
_END = 0xCE

Frame = tuple[int, int, bytes]
"""Type, channel and payload."""


class FrameBuffer:
    """Splits a stream of bytes into AMQP frames.

    py-amqp calls ``recv`` three times for each frame: nine times for a reply, which has three.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()

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


class BufferedConnection(amqp.Connection):
    """A connection for one thread, which waits with ``poll`` and then calls :meth:`receive`.

    Each frame is offered to the functions in ``takers`` in turn. If all of them return False,
    py-amqp processes it.
    """

    def __init__(self, *, method_timeout: float, **options: Any) -> None:
        super().__init__(frame_handler=self._frame_handler, **options)
        self._method_timeout = method_timeout
        self._buffer = FrameBuffer()
        self.takers: tuple[Callable[[int, int, bytes], bool], ...] = ()

    def _frame_handler(self, connection: Any, callback: Any) -> Callable[[Frame], bool]:
        handle = frame_handler(connection, callback)

        def on_frame(frame: Frame) -> bool:
            for take in self.takers:
                if take(*frame):
                    self.bytes_recv += 1  # py-amqp's heartbeat check reads this counter
                    return True
            return bool(handle(frame))

        return on_frame

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Process one frame. All synchronous methods of py-amqp wait in here."""
        while (frame := self._buffer.next()) is None:
            self.sock.settimeout(timeout or self._method_timeout)
            self._fill()
        return self.on_inbound_frame(frame)

    def receive(self) -> None:
        """Read the bytes that have arrived and process all complete frames."""
        self._fill_without_waiting()
        while (frame := self._buffer.next()) is not None:
            self.on_inbound_frame(frame)

    def send(self, frames: bytes) -> None:
        self.transport.write(frames)
        self.bytes_sent += 1

    def _fill_without_waiting(self) -> None:
        """Read what has arrived. Half of a TLS record makes the socket readable and holds no byte:
        a read that waits for the rest would hold up all calls of the process."""
        sock = self.sock
        if not isinstance(sock, ssl.SSLSocket):
            self._fill()
            return
        sock.settimeout(0)
        try:
            with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._fill()
        finally:
            sock.settimeout(self._method_timeout)

    def _fill(self) -> None:
        sock = self.sock
        data = sock.recv(_RECEIVE_SIZE)
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        self._buffer.feed(data)
        while isinstance(sock, ssl.SSLSocket) and sock.pending():
            # poll() does not report bytes that OpenSSL has already decrypted.
            self._buffer.feed(sock.recv(_RECEIVE_SIZE))
