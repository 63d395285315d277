"""Which consumer RabbitMQ gives the next message: it decides which idle Pod is best to delete."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import amqp
import pytest

from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker


class Consumers:
    """Four consumers of the queue `work`, each with a connection and at most one message."""

    def __init__(self, connections: list[amqp.Connection], queue: dict[str, str]) -> None:
        self._connections = connections
        self._channels = [each.channel() for each in connections]
        self._held: dict[int, int] = {}
        """The delivery tag of the message of each."""
        self._channels[0].queue_declare("work", durable=True, auto_delete=False, arguments=queue)
        for number, channel in enumerate(self._channels):
            channel.basic_qos(0, 1, a_global=False)
            channel.basic_consume("work", callback=self._holder(number))

    def _holder(self, number: int) -> Callable[[amqp.Message], None]:
        def hold(message: amqp.Message) -> None:
            self._held[number] = message.delivery_tag

        return hold

    def next(self, vhost: Vhost) -> int:
        """Publish a message; return who gets it."""
        before = set(self._held)
        vhost.publish("x", routing_key="work")
        eventually(lambda: self._received() > before)
        (taker,) = set(self._held) - before
        return taker

    def _received(self) -> set[int]:
        for each in self._connections:
            with suppress(TimeoutError):
                each.drain_events(timeout=0.01)
        return set(self._held)

    def acknowledge(self, vhost: Vhost, number: int) -> None:
        """Acknowledge, and wait until the queue knows."""
        self._channels[number].basic_ack(self._held.pop(number))
        # The answer comes after the acknowledgement on the same channel was processed.
        self._channels[number].queue_declare("work", passive=True)


@contextmanager
def consumers(vhost: Vhost, kind: str) -> Iterator[Consumers]:
    with ExitStack() as stack:
        connections = [stack.enter_context(vhost.connect()) for _ in range(4)]
        yield Consumers(connections, {"x-queue-type": kind})


@pytest.mark.parametrize("kind", ["quorum", "classic"])
def test_the_consumer_that_is_idle_longest_gets_the_next_message(vhost: Vhost, kind: str) -> None:
    """A quorum queue counts from the acknowledgement, a classic one from the delivery."""
    with consumers(vhost, kind) as four:
        delivered = [four.next(vhost) for _ in range(4)]
        for seed in range(3):
            acknowledged = random.Random(seed).sample(delivered, 4)
            for each in acknowledged:
                four.acknowledge(vhost, each)
            again = [four.next(vhost) for _ in range(4)]
            assert again == (acknowledged if kind == "quorum" else delivered)
            delivered = again
