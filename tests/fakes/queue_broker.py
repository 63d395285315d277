"""A broker in memory, whose queues hold, route, deliver, requeue and confirm messages.

A service runs against it without RabbitMQ, and a test sees each property of what it publishes and
sets how the broker answers. Nothing expires by itself: `expire` ends the time to live of a queue.
"""

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.amqp_server import Broker, Connection


@dataclass(eq=False)
class Stored:
    """A message, with what its properties and its routing are."""

    exchange: str
    routing_key: str
    properties: dict[str, Any]
    body: bytes
    deliveries: int = 0

    @property
    def headers(self) -> dict[str, Any]:
        return dict(self.properties.get("application_headers", {}))


@dataclass(eq=False)
class Consumer:
    channel: "Channel"
    tag: str
    no_ack: bool

    def has_room(self) -> bool:
        taken = sum(consumer is self for consumer, *_ in self.channel.unacked.values())
        return self.no_ack or not self.channel.prefetch or taken < self.channel.prefetch


@dataclass(eq=False)
class Queue:
    options: dict[str, Any]
    owner: Connection | None
    ready: deque[Stored] = field(default_factory=deque)
    consumers: list[Consumer] = field(default_factory=list)


@dataclass(eq=False)
class Channel:
    connection: Any
    number: int
    prefetch: int = 0
    confirms: bool = False
    published: int = 0
    delivered: int = 0
    waits_for: str = ""
    """The queue whose consumer it has registered last."""

    closes: bool = False
    """Whether its client waits for it to be closed."""

    unacked: dict[int, tuple[Consumer, Queue, Stored]] = field(default_factory=dict)


class QueueBroker(Broker):
    """Tests call its methods from their own thread."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.held: dict[str, Queue] = {}
        self.silent: set[str] = set()
        """Queues that do not answer a consumer, as after the loss of a leader."""

        self.refused: set[str] = set()
        """Queues that may not be declared."""

        self.acked: list[Stored] = []
        self.rejected: list[Stored] = []
        self.outcome: Callable[[Stored], str | None] = lambda message: "ack"
        """What becomes of a published message: ack, nack, drop (the connection), or nothing."""

    def route(self, exchange: str, key: str) -> list[Queue]:
        if not exchange:
            return [self.held[key]] if key in self.held else []
        kind = self.exchanges[exchange]["type"]
        names = {
            queue
            for queue, source, pattern in self.bindings
            if source == exchange and (kind == "fanout" or _matches(pattern, key))
        }
        return [self.held[name] for name in sorted(names) if name in self.held]

    def put(self, message: Stored) -> bool:
        """Route a message; return whether a queue took it."""
        with self.lock:
            queues = self.route(message.exchange, message.routing_key)
            for queue in queues:
                queue.ready.append(message)
            self.deliver_all()
            return bool(queues)

    def bind(self, queue: str, exchange: str, key: str) -> None:
        """Bind a queue of the test's own."""
        with self.lock:
            self.held.setdefault(queue, Queue({}, None))
            self.bindings.append((queue, exchange, key))

    def take(self, queue: str) -> Stored | None:
        with self.lock:
            held = self.held.get(queue)
            return held.ready.popleft() if held is not None and held.ready else None

    def ready(self, queue: str) -> int:
        with self.lock:
            return len(self.held[queue].ready) if queue in self.held else 0

    def unacked(self, queue: str) -> int:
        """Return the number of messages that are delivered and not acknowledged."""
        with self.lock:
            channels = {c.channel for c in self.held[queue].consumers}
            return sum(len(channel.unacked) for channel in channels)

    def consumers(self, queue: str) -> int:
        with self.lock:
            return len(self.held[queue].consumers) if queue in self.held else 0

    def expire(self, queue: str) -> None:
        """Pass on what a queue holds as if its time to live had passed."""
        with self.lock:
            while (message := self.take(queue)) is not None:
                exchange = self.held[queue].options["arguments"]["x-dead-letter-exchange"]
                headers = {**message.headers, "x-death": [{"queue": queue}]}
                properties = {**message.properties, "application_headers": headers}
                self.put(Stored(exchange, message.routing_key, properties, message.body))

    def deliver_all(self) -> None:
        for queue in list(self.held.values()):
            while queue.ready:
                consumer = next((each for each in queue.consumers if each.has_room()), None)
                if consumer is None:
                    break
                queue.consumers.remove(consumer)
                queue.consumers.append(consumer)
                consumer.channel.connection.hand_over(consumer, queue, queue.ready.popleft())

    def requeue(self, channel: Channel, tags: list[int]) -> None:
        for tag in sorted(tags, reverse=True):
            _, queue, message = channel.unacked.pop(tag)
            queue.ready.appendleft(message)


def _matches(pattern: str, key: str) -> bool:
    words = pattern.replace(".", r"\.").replace("*", "[^.]+").replace("#", ".*")
    return re.fullmatch(words, key) is not None
