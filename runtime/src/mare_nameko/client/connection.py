"""py-amqp's connection, with batched input and output and a short cut for some frames.

Replies that arrive together are read with one ``recv``; requests published together leave with one
``send``. Every synchronous exchange has a time limit, so that the thread that owns the connection
can never wait for ever. All of it goes through what py-amqp offers for the purpose: its
``frame_handler`` and ``frame_writer`` arguments and :meth:`blocking_read`.
"""

import ssl
from collections.abc import Callable
from typing import Any

import amqp
from amqp import spec
from amqp.exceptions import NotFound
from amqp.method_framing import frame_handler

from mare_nameko.client.frames import Frame, FrameBuffer

_RECEIVE_SIZE = 256 * 1024


class BufferedConnection(amqp.Connection):
    """A connection for one thread that waits with ``poll`` and then calls :meth:`receive`.

    Each frame is offered to ``takers`` first; what none of them takes is left to py-amqp.
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
                    self.bytes_recv += 1  # a sign of life, as heartbeats are
                    return True
            return bool(handle(frame))

        return on_frame

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Handle one frame; every synchronous method of py-amqp waits through this one."""
        while (frame := self._buffer.next()) is None:
            self.sock.settimeout(timeout or self._method_timeout)
            self._fill()
        return self.on_inbound_frame(frame)

    def receive(self) -> None:
        """Read what has arrived and handle every whole frame in it."""
        self._fill()
        self.handle_received()

    def handle_received(self) -> None:
        """Handle every whole frame that has been read."""
        while (frame := self._buffer.next()) is not None:
            try:
                self.on_inbound_frame(frame)
            except NotFound as error:
                if error.method_sig != spec.Queue.Declare:
                    raise
                # We asked for a queue that is gone; py-amqp has opened the channel anew.

    def send(self, frames: bytes) -> None:
        """Write whole frames."""
        self.transport.write(frames)
        self.bytes_sent += 1

    def _fill(self) -> None:
        sock = self.sock
        data = sock.recv(_RECEIVE_SIZE)
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        self._buffer.feed(data)
        while isinstance(sock, ssl.SSLSocket) and sock.pending():
            # poll() knows nothing of bytes that OpenSSL has decrypted already
            self._buffer.feed(sock.recv(_RECEIVE_SIZE))
