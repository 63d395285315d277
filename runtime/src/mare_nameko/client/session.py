"""One connection to the broker, with a channel and an exclusive reply queue."""

import socket
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from amqp.exceptions import AMQPError

from mare_nameko.addresses import Address
from mare_nameko.client.connection import BufferedConnection, declare_exchange
from mare_nameko.client.decoding import ConsumerCounter, ReplyReader
from mare_nameko.client.encoding import Route
from mare_nameko.client.errors import Overloaded, ServiceUnavailable
from mare_nameko.client.options import Options
from mare_nameko.client.pending import Call, PendingCalls
from mare_nameko.confirms import Unconfirmed


class Session:
    """Publishes calls and passes their replies to ``pending``. Only for the thread that owns it.

    An OSError or AMQPError raised by a method means that the session is over. ``on_blocked`` is
    called with True when the broker starts to block publishers.
    """

    def __init__(
        self,
        address: Address,
        options: Options,
        pending: PendingCalls,
        on_blocked: Callable[[bool], None],
        on_counts: Callable[[str, int, int], None],
    ) -> None:
        self._exchange = options.exchange
        self._pending = pending
        self._unconfirmed: Unconfirmed[str] = Unconfirmed()
        self._on_counts = on_counts
        self._reply_key = uuid.uuid4().hex
        self._connection = BufferedConnection(
            **options.connection_arguments(address),
            method_timeout=options.method_timeout,
            client_properties={"connection_name": f"{options.name}@{socket.gethostname()}"},
            on_blocked=lambda _reason: on_blocked(True),
            on_unblocked=lambda: on_blocked(False),
        )
        try:
            self._open(options)
        except BaseException:
            self.abort()
            raise

    def _open(self, options: Options) -> None:
        self._connection.connect()
        channel = self._connection.channel()
        declare_exchange(channel, self._exchange)
        queue = f"rpc.reply-{options.name}-{self._reply_key}"
        channel.queue_declare(
            queue, exclusive=True, auto_delete=True, arguments={"x-queue-type": "classic"}
        )
        channel.queue_bind(queue, self._exchange, routing_key=self._reply_key)
        channel.basic_consume(queue, no_ack=True)
        channel.confirm_select()
        channel.events["basic_nack"].add(self._on_nack)
        channel.events["basic_return"].add(self._on_return)
        self._connection.sock.settimeout(options.method_timeout)
        self._counter = ConsumerCounter(self._connection.channel(), self._on_counts)
        replies = ReplyReader(channel.channel_id, self._on_reply, self._unconfirmed.settle)
        self._connection.takers = (replies.take, self._counter.take)
        self.route = Route(
            channel.channel_id, self._exchange, self._reply_key, self._connection.frame_max
        )
        self._fileno: int = self._connection.sock.fileno()

    def publish(self, calls: Iterable[Call]) -> None:
        """Send with one write the pending calls that were encoded for this session."""
        frames = []
        for call in calls:
            if call.route is self.route and call.correlation_id in self._pending:
                frames.append(call.frames)
                self._unconfirmed.add(call.correlation_id)
        if frames:
            self._connection.send(b"".join(frames))

    def count_consumers(self, service: str) -> None:
        self._counter.request(service)

    def fileno(self) -> int:
        return self._fileno

    def receive(self) -> None:
        self._connection.receive()

    def heartbeat(self) -> None:
        self._connection.heartbeat_tick()

    def close(self) -> None:
        """Close the connection with AMQP's handshake; the broker deletes the reply queue."""
        try:
            self._connection.close()
        except (OSError, AMQPError):
            self.abort()

    def abort(self) -> None:
        with suppress(OSError):
            self._connection.collect()

    def _on_reply(self, correlation_id: str, body: bytes) -> None:
        call = self._pending.take(correlation_id)
        if call is not None:  # None: the call timed out before
            call.succeed(body)

    def _on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as py-amqp calls it
        for correlation_id in self._unconfirmed.settle(tag, multiple):
            if call := self._pending.take(correlation_id):
                call.fail(Overloaded(f"the queue of {call.service} is full"))

    def _on_return(self, _error: Any, _exchange: str, _key: str, message: Any) -> None:
        if call := self._pending.take(message.properties.get("correlation_id", "")):
            call.fail(ServiceUnavailable(f"{call.service} has no queue"))
