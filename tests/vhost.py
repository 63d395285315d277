"""A virtual host of a test: look into its queues, publish to it, wait for what should come."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import amqp

from mare_nameko.topology import DEAD_LETTERS
from tests.broker_node import Node

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Depth:
    """A queue as the broker sees it at this moment."""

    ready: int
    consumers: int


class Vhost:
    """Created with our exchanges, queues and policies; use the ``vhost`` fixture."""

    def __init__(self, node: Node, name: str) -> None:
        self.node = node
        self.name = name
        node.management.create_vhost(name)

    @property
    def amqp_uri(self) -> str:
        return self.node.vhost_uri(self.name)

    def connect(self, port: int | None = None) -> amqp.Connection:
        """Return an open connection; use it in a ``with`` block. A proxy has another port."""
        return self.node.connect(self.name, port)

    def publish(
        self, body: bytes | str, *, exchange: str = "", routing_key: str = "", **properties: Any
    ) -> None:
        """Publish one message and wait until the broker has it."""
        with self.connect() as connection:
            channel = connection.channel()
            channel.confirm_select()
            channel.basic_publish_confirm(
                amqp.Message(body, **properties), exchange=exchange, routing_key=routing_key
            )

    def get(self, queue: str) -> amqp.Message | None:
        """Take one message off ``queue``, or return None if it is empty."""
        with self.connect() as connection:
            message = connection.channel().basic_get(queue, no_ack=True)
            return message if isinstance(message, amqp.Message) else None

    def depth(self, queue: str) -> Depth:
        """Return what a passive declaration says: fresh, unlike the management API's numbers."""
        with self.connect() as connection:
            found = connection.channel().queue_declare(queue, passive=True)
            return Depth(ready=found.message_count, consumers=found.consumer_count)

    def queues(self) -> dict[str, dict[str, Any]]:
        """Return all queues but the dead letters, by name: type, exclusive, arguments, policy..."""
        queues = self.node.management.queues(self.name)
        return {queue["name"]: queue for queue in queues if queue["name"] != DEAD_LETTERS}

    def dead_letters(self) -> int:
        return self.depth(DEAD_LETTERS).ready

    def connections(self) -> list[dict[str, Any]]:
        return self.node.management.connections(self.name)

    def close_connection(self, name: str) -> bool:
        """Close the connection that calls itself ``name``; return whether it was there."""
        found = [
            connection["name"]
            for connection in self.connections()
            if connection["client_properties"].get("connection_name") == name
        ]
        self.node.management.close_connections(found)
        return bool(found)

    def delete(self) -> None:
        self.node.management.delete_vhost(self.name)


def eventually(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until ``condition`` is true; fail with its last value after ``seconds``."""
    _wait(condition, bool, lambda value: f"still {value!r}", seconds)


def becomes(read: Callable[[], object], expected: object, seconds: float = PATIENCE) -> None:
    """Wait until ``read`` returns ``expected``; fail with what it returned last."""
    _wait(
        read,
        lambda value: value == expected,
        lambda value: f"{value!r} instead of {expected!r}",
        seconds,
    )


def _wait(
    read: Callable[[], object],
    fits: Callable[[object], bool],
    complaint: Callable[[object], str],
    seconds: float,
) -> None:
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        # Before it is read: a process that is held up past the deadline reads once more.
        is_last = began > deadline
        if fits(value := read()):
            return
        if is_last:
            raise AssertionError(f"{complaint(value)} after {seconds} s")
        # kubectl takes 45 ms of processor time: with short pauses, waiting occupies a core.
        time.sleep(min(max(0.02, 2 * (time.monotonic() - began)), 1))
