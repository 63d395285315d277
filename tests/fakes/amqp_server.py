"""An AMQP 0-9-1 server that records the frames of clients and sends what the test sets.

For what a real RabbitMQ does not do on demand: refuse one message, lose a connection between two
frames, count consumers that are not there. tests/integration uses the real one.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from amqp.basic_message import Message
from amqp.serialization import dumps, loads

_METHOD, _HEADER, _BODY, _HEARTBEAT = 1, 2, 3, 8
_FRAME = struct.Struct(">BHI")
FRAME_MAX = 4096


@dataclass
class Published:
    """A message as a client published it."""

    exchange: str
    routing_key: str
    mandatory: bool
    properties: dict[str, Any]
    body: bytes
    tag: int


@dataclass
class Broker:
    """What all connections share. Tests read it, and change how it answers."""

    exchanges: dict[str, dict[str, Any]] = field(default_factory=dict)
    queues: dict[str, dict[str, Any]] = field(default_factory=dict)
    bindings: list[tuple[str, str, str]] = field(default_factory=list)
    consumed: dict[str, bool] = field(default_factory=dict)
    """By queue: whether deliveries need no acknowledgement."""
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Messages and consumers of queues that clients ask for."""
    passive: list[str] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    logins: list[dict[str, Any]] = field(default_factory=list)
    connections: "list[Connection]" = field(default_factory=list)
    closed: int = 0
    """Connections that their client has closed by AMQP."""
    heartbeats: int = 0
    heartbeat_seconds: int = 60
    on_publish: "Callable[[Connection, Published], None]" = lambda connection, message: (
        connection.ack(message.tag)
    )
    uri: str = ""
    is_away: bool = False
    """Whether each connection ends as it begins."""

    def leave(self) -> None:
        """End all connections, and each that comes until `is_away` is false again."""
        self.is_away = True
        for connection in self.connections:
            connection.drop()

    def accept(self, sock: socket.socket) -> "Connection":
        return Connection(sock, self)


B = TypeVar("B", bound=Broker)


@contextlib.contextmanager
def serve(kind: type[B] = Broker) -> Iterator[B]:  # type: ignore[assignment]
    """Serve a broker at `uri` until the end of the block."""
    broker = kind()
    with socket.create_server(("127.0.0.1", 0)) as server:
        broker.uri = f"amqp://ana:secret@127.0.0.1:{server.getsockname()[1]}/shop"
        accepting = threading.Thread(target=_accept, args=(server, broker), daemon=True)
        accepting.start()
        try:
            yield broker
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            broker.leave()
            accepting.join(30)


def _accept(server: socket.socket, broker: Broker) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection = broker.accept(server.accept()[0])
            if broker.is_away:
                connection.drop()
                continue
            broker.connections.append(connection)
            threading.Thread(target=connection.run, daemon=True).start()


class Connection:
    """One connection; its methods may be called by the test as well."""

    def __init__(self, sock: socket.socket, broker: Broker) -> None:
        self._socket = sock
        self._input = sock.makefile("rb")
        self._broker = broker
        self._writing = threading.Lock()
        self._channel = 0
        self._tag = 0
        self._login: dict[str, Any] = {}
        self.heartbeats = 0
        self.is_open = False

    def methods(self) -> "Mapping[tuple[int, ...], Handler]":
        return _METHODS

    def run(self) -> None:
        with contextlib.suppress(OSError, ValueError, struct.error):
            self._input.read(8)
            mechanisms = {"capabilities": {"connection.blocked": True}}
            self._send(0, (10, 10), "ooFSS", 0, 9, mechanisms, "PLAIN", "en_US")
            while self._handle():
                pass
        self.drop()

    def drop(self) -> None:
        """End the connection without AMQP's handshake."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def ack(self, tag: int, *, multiple: bool = False) -> None:
        self._send(self._channel, (60, 80), "Lb", tag, multiple)

    def nack(self, tag: int) -> None:
        self._send(self._channel, (60, 120), "Lbb", tag, False, False)

    def give_back(self, message: Published) -> None:
        """Return a message that no queue takes."""
        self._send(
            self._channel, (60, 50), "Bsss", 312, "NO_ROUTE", message.exchange, message.routing_key
        )
        self._content(message.properties, message.body)

    def deliver(self, body: bytes, **properties: Any) -> None:
        """Deliver a message to the only consumer of the channel that publishes or consumes."""
        self._send(self._channel, (60, 60), "sLbss", "consumer", 1, False, "", "")
        self._content(properties, body)

    def block(self) -> None:
        self._send(0, (10, 60), "s", "low on disk")

    def unblock(self) -> None:
        self._send(0, (10, 61), "")

    def send_frame(self, kind: int, channel: int, payload: bytes) -> None:
        with self._writing:
            self._socket.sendall(_FRAME.pack(kind, channel, len(payload)) + payload + b"\xce")

    def _send(self, channel: int, method: tuple[int, int], form: str, *values: Any) -> None:
        arguments = dumps(form, values) if form else b""
        self.send_frame(_METHOD, channel, struct.pack(">HH", *method) + arguments)

    def _content(self, properties: dict[str, Any], body: bytes, channel: int | None = None) -> None:
        channel = self._channel if channel is None else channel
        message = Message(body, **properties)
        header = struct.pack(">HHQ", 60, 0, len(body)) + message._serialize_properties()
        self.send_frame(_HEADER, channel, header)
        for start in range(0, len(body), FRAME_MAX - 8):
            self.send_frame(_BODY, channel, body[start : start + FRAME_MAX - 8])

    def _read_content(self) -> tuple[dict[str, Any], bytes]:
        header = self._frame()[2]
        message = Message()
        message._load_properties(60, header, 12)
        (size,) = struct.unpack_from(">Q", header, 4)
        body = b""
        while len(body) < size:
            body += self._frame()[2]
        return message.properties, body

    def _frame(self) -> tuple[int, int, bytes]:
        kind, channel, size = _FRAME.unpack(self._input.read(_FRAME.size))
        payload = self._input.read(size)
        assert self._input.read(1) == b"\xce"
        return kind, channel, payload

    def _handle(self) -> bool:
        kind, channel, payload = self._frame()
        if kind == _HEARTBEAT:
            self.heartbeats += 1
            self._broker.heartbeats += 1
            return True
        method = struct.unpack_from(">HH", payload)
        handle = self.methods().get(method)
        if handle is not None:
            handle(self, channel, payload)
        return method != (10, 50)

    def _start_ok(self, channel: int, payload: bytes) -> None:
        properties, mechanism, response, _locale = loads("FsSs", payload, 4)[0]
        self._login = {**properties, "mechanism": mechanism, "response": response}
        self._broker.logins.append(self._login)
        self._send(0, (10, 30), "BlB", 100, FRAME_MAX, self._broker.heartbeat_seconds)

    def _open(self, channel: int, payload: bytes) -> None:
        self._login["virtual_host"] = loads("s", payload, 4)[0][0]
        self._send(0, (10, 41), "s", "")
        self.is_open = True

    def _close(self, channel: int, payload: bytes) -> None:
        self._broker.closed += 1
        self._send(0, (10, 51), "")

    def _open_channel(self, channel: int, payload: bytes) -> None:
        self._send(channel, (20, 11), "S", "")

    def _close_channel(self, channel: int, payload: bytes) -> None:
        self._send(channel, (20, 41), "")

    def _close_with(self, channel: int, method: tuple[int, int], code: int, text: str) -> None:
        self._send(channel, (20, 40), "BsBB", code, text, *method)

    def _declare_exchange(self, channel: int, payload: bytes) -> None:
        _, name, kind, passive, durable, auto_delete, *_ = loads("BssbbbbbF", payload, 4)[0]
        if passive and name not in self._broker.exchanges:
            self._close_with(channel, (40, 10), 404, "NOT_FOUND")
            return
        declared = {"type": kind, "durable": durable, "auto_delete": auto_delete}
        self._broker.exchanges.setdefault(name, declared)
        self._send(channel, (40, 11), "")

    def _declare_queue(self, channel: int, payload: bytes) -> None:
        _, name, passive, durable, exclusive, auto_delete, _, arguments = loads(
            "BsbbbbbF", payload, 4
        )[0]
        if passive:
            self._broker.passive.append(name)
            if name not in self._broker.counts:
                self._close_with(channel, (50, 10), 404, "NOT_FOUND")
                return
        else:
            self._broker.queues[name] = {
                "durable": durable,
                "exclusive": exclusive,
                "auto_delete": auto_delete,
                "arguments": arguments,
            }
        self._send(channel, (50, 11), "sll", name, *self._broker.counts.get(name, (0, 0)))

    def _bind(self, channel: int, payload: bytes) -> None:
        _, queue, exchange, key, *_ = loads("BsssbF", payload, 4)[0]
        self._broker.bindings.append((queue, exchange, key))
        self._send(channel, (50, 21), "")

    def _consume(self, channel: int, payload: bytes) -> None:
        _, queue, _tag, _, no_ack, *_ = loads("BssbbbbF", payload, 4)[0]
        self._channel = channel
        self._broker.consumed[queue] = no_ack
        self._send(channel, (60, 21), "s", "consumer")

    def _select(self, channel: int, payload: bytes) -> None:
        self._send(channel, (85, 11), "")

    def _publish(self, channel: int, payload: bytes) -> None:
        _, exchange, key, mandatory, _ = loads("Bssbb", payload, 4)[0]
        properties, body = self._read_content()
        self._tag += 1
        published = Published(exchange, key, mandatory, properties, body, self._tag)
        self._broker.published.append(published)
        self._broker.on_publish(self, published)


Handler = Callable[[Any, int, bytes], None]
_METHODS: dict[tuple[int, ...], Handler] = {
    (10, 11): Connection._start_ok,
    (10, 40): Connection._open,
    (10, 50): Connection._close,
    (20, 10): Connection._open_channel,
    (20, 40): Connection._close_channel,
    (40, 10): Connection._declare_exchange,
    (50, 10): Connection._declare_queue,
    (50, 20): Connection._bind,
    (60, 20): Connection._consume,
    (60, 40): Connection._publish,
    (85, 10): Connection._select,
}
