"""py-amqp's connection with batched input and output, and with a time limit on every exchange.

Replies that arrive together are read with one ``recv``; requests published together are sent with
one ``send``. Only documented extension points of py-amqp are used: its argument ``frame_handler``
and the method :meth:`blocking_read`.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import amqp
from amqp.exceptions import NotFound
from amqp.method_framing import frame_handler

from mare_nameko.frame_buffer import Frame, FrameBuffer


def declare_exchange(channel: Any, name: str) -> None:
    """Declare a durable topic exchange, unless there is one of this name."""
    try:
        channel.exchange_declare(name, "topic", passive=True)
    except NotFound:  # py-amqp has opened the channel again
        channel.exchange_declare(name, "topic", durable=True, auto_delete=False)


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
        """Read what has arrived.

        Half of a TLS record makes the socket readable and holds no byte. A read that waits for the
        rest would hold up all calls of the process.
        """
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
        self._buffer.receive(sock)
        while isinstance(sock, ssl.SSLSocket) and sock.pending():
            # poll() does not report bytes that OpenSSL has already decrypted.
            self._buffer.receive(sock)
