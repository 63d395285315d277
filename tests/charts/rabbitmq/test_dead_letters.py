"""What becomes of dead letters while the queue of dead letters is full, on a real broker."""

import amqp
import pytest

from tests.charts.rabbitmq.broker import Broker
from tests.vhost import becomes, eventually

MOST, FIRST, FURTHER = 2, 10, 300
LOWERED = {
    "pattern": "^dead-letters$",
    "definition": {"max-length": MOST, "overflow": "reject-publish", "delivery-limit": 1_000_000},
    "priority": 100,
}
"""The policy of the chart with a lower limit, as the runbook has it with a higher one."""


class Rejecting:
    """A worker that makes each message of a queue a dead letter."""

    def __init__(self, broker: Broker, connection: amqp.Connection, kind: str) -> None:
        self._broker, self._connection = broker, connection
        self._channel = connection.channel()
        arguments = {"x-queue-type": kind}
        self._channel.queue_declare("rpc-x", durable=True, auto_delete=False, arguments=arguments)

    def publish_and_reject(self, number: int) -> None:
        for _ in range(number):
            self._channel.basic_publish(amqp.Message(b"x", delivery_mode=2), routing_key="rpc-x")
        rejected: list[int] = []

        def reject(message: amqp.Message) -> None:
            self._channel.basic_reject(message.delivery_tag, requeue=False)
            rejected.append(message.delivery_tag)

        tag = self._channel.basic_consume("rpc-x", callback=reject)
        while len(rejected) < number:
            self._connection.drain_events(timeout=60)
        self._channel.basic_cancel(tag)

    def ready(self, queue: str) -> int:
        return int(self._channel.queue_declare(queue, passive=True).message_count)

    def clear(self) -> None:
        self._channel.queue_delete("rpc-x")
        self._channel.queue_purge("dead-letters")

    def stored(self, queue: str) -> int | None:
        """Return the messages of a queue, with those that wait for room among the dead letters."""
        found = {each["name"]: each for each in self._broker.management.queues("/")}
        return found[queue].get("messages")


@pytest.mark.parametrize("kind", ["quorum", "classic"])
def test_no_dead_letter_is_lost_for_want_of_room(broker: Broker, kind: str):
    """A quorum queue keeps them; those of a classic queue are taken beyond the limit.

    SECURITY.md and the runbook say so.
    """
    broker.management.call("PUT", "policies", "/", "lowered", body=LOWERED)
    eventually(lambda: "lowered" in {each.get("policy") for each in broker.management.queues("/")})
    with broker.connect("admin", broker.passwords["admin-password"]) as connection:
        worker = Rejecting(broker, connection, kind)
        assert worker.ready("dead-letters") == 0
        worker.publish_and_reject(FIRST)  # the limit takes effect a few messages later
        eventually(lambda: worker.ready("dead-letters") > MOST)
        worker.publish_and_reject(FURTHER)

        if kind == "quorum":
            source = FIRST + FURTHER - worker.ready("dead-letters")
            assert source > FURTHER / 2
            becomes(lambda: worker.stored("rpc-x"), source)
        else:
            becomes(lambda: worker.ready("dead-letters"), FIRST + FURTHER)
        worker.clear()
