"""kombu's connection, which reads all frames that have arrived with one call."""

from typing import Any

import kombu
from kombu.transport import pyamqp

from mare_nameko.frame_buffer import FrameBuffer


class _AmqpConnection(pyamqp.Connection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._buffer = FrameBuffer()

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Process one frame. py-amqp waits for all that it reads in here."""
        while (frame := self._buffer.next()) is None:
            self._receive(timeout)
        return self.on_inbound_frame(frame)

    def _receive(self, timeout: float | None) -> None:
        transport = self.transport
        sock = transport.sock
        before = sock.gettimeout()
        sock.settimeout(timeout)
        try:
            self._buffer.receive(sock)
        except TimeoutError:
            raise
        except OSError:
            transport.connected = False
            raise
        finally:
            sock.settimeout(before)


class _Transport(pyamqp.Transport):
    Connection = _AmqpConnection


class BufferedConnection(kombu.Connection):
    """A connection over py-amqp, with TLS if ``ssl`` is set."""

    def get_transport_cls(self) -> type[pyamqp.Transport]:
        return _Transport

    def _ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Open the connection, once. kombu would open a lost one again in a check of heartbeats.

        The new one has no consumers, and nothing would notice that.
        """
        if self._connection is not None and not self.connected:
            raise ConnectionResetError("the connection is lost")
        return super()._ensure_connection(*args, **options)

    def drain_events(self, **options: Any) -> Any:
        """Process events, with one check of the connection less than kombu."""
        if self._connection is None:
            raise ConnectionResetError("the connection is closed")
        return self._connection.drain_events(**options)
