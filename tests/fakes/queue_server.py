"""Serves the queues of `queue_broker` over AMQP 0-9-1."""

import socket
from collections.abc import Mapping

from amqp.serialization import loads

from tests.fakes.amqp_server import _METHODS, Connection, Handler
from tests.fakes.queue_broker import Channel, Consumer, Queue, QueueBroker, Stored


class QueueServer(QueueBroker):
    """Give it to :func:`~tests.fakes.amqp_server.serve`."""

    def accept(self, sock: socket.socket) -> Connection:
        return QueueConnection(sock, self)

    def named(self, purpose: str) -> "list[QueueConnection]":
        """Return the open connections whose name ends so."""
        found = [each for each in self.connections if isinstance(each, QueueConnection)]
        return [each for each in found if each.is_open and each.name.endswith(purpose)]

    def answer_again(self, queue: str) -> None:
        """Let a silent queue answer, first those that have given up on it."""
        with self.lock:
            self.silent.discard(queue)
            for connection in self.named(""):
                connection.close_waiting(queue)


class QueueConnection(Connection):
    """One connection with many channels."""

    def __init__(self, sock: socket.socket, broker: QueueServer) -> None:
        super().__init__(sock, broker)
        self.broker = broker
        self.channels: dict[int, Channel] = {}
        self.name = ""

    def methods(self) -> Mapping[tuple[int, ...], Handler]:
        return METHODS

    def run(self) -> None:
        super().run()
        with self.broker.lock:
            for number in list(self.channels):
                self._end_channel(number)
            for name, queue in list(self.broker.held.items()):
                if queue.owner is self:
                    del self.broker.held[name]
            self.broker.deliver_all()

    def drop(self) -> None:
        self.is_open = False
        super().drop()

    def _start_ok(self, channel: int, payload: bytes) -> None:
        super()._start_ok(channel, payload)
        self.name = self._login["connection_name"]

    def _open_channel(self, channel: int, payload: bytes) -> None:
        self.channels[channel] = Channel(self, channel)
        super()._open_channel(channel, payload)

    def _end_channel(self, number: int) -> None:
        channel = self.channels.pop(number, None)
        if channel is None:
            return
        for queue in self.broker.held.values():
            queue.consumers = [each for each in queue.consumers if each.channel is not channel]
        self.broker.requeue(channel, list(channel.unacked))

    def close_waiting(self, queue: str) -> None:
        for number, channel in list(self.channels.items()):
            if channel.waits_for == queue and channel.closes:
                self._end_channel(number)
                self._send(number, (20, 41), "")

    def _close_with(self, channel: int, method: tuple[int, int], code: int, text: str) -> None:
        self._end_channel(channel)
        super()._close_with(channel, method, code, text)

    def _close_channel(self, channel: int, payload: bytes) -> None:
        if self.channels[channel].waits_for in self.broker.silent:
            self.channels[channel].closes = True
            return
        self._end_channel(channel)
        super()._close_channel(channel, payload)
        self.broker.deliver_all()

    def _declare_queue(self, channel: int, payload: bytes) -> None:
        _, name, passive, durable, exclusive, auto_delete, _, arguments = loads(
            "BsbbbbbF", payload, 4
        )[0]
        if passive:
            self.broker.passive.append(name)
            if name not in self.broker.held:
                self._close_with(channel, (50, 10), 404, "NOT_FOUND")
                return
        if name in self.broker.refused:
            self._close_with(channel, (50, 10), 403, "ACCESS_REFUSED")
            return
        options = {
            "durable": durable,
            "exclusive": exclusive,
            "auto_delete": auto_delete,
            "arguments": arguments,
        }
        owner = self if exclusive else None
        queue = self.broker.held.setdefault(name, Queue(options, owner))
        self._send(channel, (50, 11), "sll", name, len(queue.ready), len(queue.consumers))

    def _set_prefetch(self, channel: int, payload: bytes) -> None:
        _, self.channels[channel].prefetch, _ = loads("lBb", payload, 4)[0]
        self._send(channel, (60, 11), "")

    def _consume(self, channel: int, payload: bytes) -> None:
        _, queue, tag, _, no_ack, *_ = loads("BssbbbbF", payload, 4)[0]
        self.channels[channel].waits_for = queue
        if queue in self.broker.silent:
            return
        self._send(channel, (60, 21), "s", tag)
        self.broker.held[queue].consumers.append(Consumer(self.channels[channel], tag, no_ack))
        self.broker.deliver_all()

    def _cancel(self, channel: int, payload: bytes) -> None:
        (tag, _) = loads("sb", payload, 4)[0]
        for queue in self.broker.held.values():
            queue.consumers = [each for each in queue.consumers if each.tag != tag]
        self._send(channel, (60, 31), "s", tag)

    def _acknowledge(self, channel: int, payload: bytes) -> None:
        tag, _ = loads("Lb", payload, 4)[0]
        self.broker.acked.append(self.channels[channel].unacked.pop(tag)[2])
        self.broker.deliver_all()

    def _reject(self, channel: int, payload: bytes) -> None:
        tag, requeue = loads("Lb", payload, 4)[0]
        if requeue:
            self.broker.requeue(self.channels[channel], [tag])
        else:
            self.broker.rejected.append(self.channels[channel].unacked.pop(tag)[2])
        self.broker.deliver_all()

    def _select(self, channel: int, payload: bytes) -> None:
        self.channels[channel].confirms = True
        super()._select(channel, payload)

    def _publish(self, number: int, payload: bytes) -> None:
        _, exchange, key, mandatory, _ = loads("Bssbb", payload, 4)[0]
        properties, body = self._read_content()
        with self.broker.lock:
            self._route(number, Stored(exchange, key, properties, body), mandatory=mandatory)

    def _route(self, number: int, message: Stored, *, mandatory: bool) -> None:
        channel, exchange = self.channels[number], message.exchange
        channel.published += 1
        if exchange and exchange not in self.broker.exchanges:
            self._close_with(number, (60, 40), 404, "NOT_FOUND")
            return
        outcome = self.broker.outcome(message)
        if outcome == "drop":
            self.drop()
        elif outcome == "nack":
            self._send(number, (60, 120), "Lbb", channel.published, False, False)
        elif outcome == "ack":
            if not self.broker.put(message) and mandatory:
                cause = (312, "NO_ROUTE", exchange, message.routing_key)
                self._send(number, (60, 50), "Bsss", *cause)
                self._content(message.properties, message.body, number)
            if channel.confirms:
                self._send(number, (60, 80), "Lb", channel.published, False)

    def hand_over(self, consumer: Consumer, queue: Queue, message: Stored) -> None:
        channel = consumer.channel
        channel.delivered += 1
        again, message.deliveries = message.deliveries, message.deliveries + 1
        if not consumer.no_ack:
            channel.unacked[channel.delivered] = (consumer, queue, message)
        headers = {**message.headers, **({"x-delivery-count": again} if again else {})}
        route = (consumer.tag, channel.delivered, bool(again), message.exchange)
        try:
            self._send(channel.number, (60, 60), "sLbss", *route, message.routing_key)
            properties = {**message.properties, "application_headers": headers}
            self._content(properties, message.body, channel.number)
        except OSError:
            return  # the end of the connection requeues it


def _locked(handler: Handler) -> Handler:
    def handle(connection: QueueConnection, channel: int, payload: bytes) -> None:
        with connection.broker.lock:
            handler(connection, channel, payload)

    return handle


_OWN: dict[tuple[int, ...], Handler] = {
    (10, 11): QueueConnection._start_ok,
    (20, 10): QueueConnection._open_channel,
    (20, 40): QueueConnection._close_channel,
    (50, 10): QueueConnection._declare_queue,
    (60, 10): QueueConnection._set_prefetch,
    (60, 20): QueueConnection._consume,
    (60, 30): QueueConnection._cancel,
    (60, 80): QueueConnection._acknowledge,
    (60, 90): QueueConnection._reject,
    (85, 10): QueueConnection._select,
}
METHODS: dict[tuple[int, ...], Handler] = {
    **_METHODS,
    **{method: _locked(handler) for method, handler in _OWN.items()},
    (60, 40): QueueConnection._publish,
}
