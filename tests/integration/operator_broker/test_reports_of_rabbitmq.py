"""What RabbitMQ itself reports, as the operator reads it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import amqp
import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.management import ManagementStatistics
from mare.broker.networks import ANY_NETWORK
from mare.broker.prometheus import PrometheusStatistics
from mare.broker.queue_statistics import Statistics, StatisticsSource
from tests.broker_node import Node
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker


def statistics(node: Node, kind: str, vhost: str = "/") -> Statistics:
    async def fetch() -> Statistics:
        parameters = ConnectionParameters(networks=ANY_NETWORK, vhost=vhost)
        uri = f"http://127.0.0.1:{node.ports.prometheus}"
        source: StatisticsSource = (
            ManagementStatistics(node.management_uri, parameters)
            if kind == "management"
            else PrometheusStatistics(uri, parameters)
        )
        try:
            return await source.fetch(vhost, time.time())
        finally:
            await source.close()

    found: list[Statistics] = []

    def is_read() -> bool:
        with suppress(OSError):  # a busy node may not answer in time
            found.append(asyncio.run(fetch()))
        return bool(found)

    eventually(is_read)
    return found[0]


def test_queues_with_a_single_active_consumer_or_an_end_without_consumers(vhost: Vhost) -> None:
    single = {"x-single-active-consumer": True}
    queues = {
        "stays": ({}, (False, False)),
        "one": (single, (True, False)),
        "quorum": ({"x-queue-type": "quorum", **single}, (True, False)),
        "argument": ({"x-expires": 600_000}, (False, True)),
        "policy": ({}, (False, True)),
    }
    policy = {"pattern": "^policy$", "apply-to": "queues", "definition": {"expires": 600_000}}
    vhost.node.management.call("PUT", "policies", vhost.name, "expires", body=policy)

    def found() -> dict[str, tuple[bool, bool]]:
        seen = statistics(vhost.node, "management", vhost.name).queues
        counted = [name for name in seen.keys() & queues if seen[name].ready == 0]
        return {name: (seen[name].single_active, seen[name].transient) for name in counted}

    with vhost.connect() as connection:
        channel = connection.channel()
        for name, (arguments, _) in queues.items():
            channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
        eventually(lambda: found() == {name: reported for name, (_, reported) in queues.items()})


def test_the_identity_of_the_cluster(rabbitmq: Node, own_rabbitmq: Callable[[], Node]) -> None:
    other = own_rabbitmq()
    for kind in ("management", "prometheus"):
        names = [statistics(node, kind).cluster for node in (rabbitmq, rabbitmq, other)]

        assert names[0] == names[1] != ""
        assert names[2] not in {"", names[0]}


@pytest.mark.parametrize("kind", ["management", "prometheus"])
@pytest.mark.parametrize("queue", ["classic", "quorum"])
def test_messages_that_are_delivered_again(vhost: Vhost, kind: str, queue: str) -> None:
    with vhost.connect() as connection:
        channel = connection.channel()
        arguments = {"x-queue-type": queue}
        channel.queue_declare("work", durable=True, auto_delete=False, arguments=arguments)
        vhost.publish("x", routing_key="work")
        for _ in range(5):
            eventually(lambda: channel.basic_get("work") is not None)
            channel.basic_recover(requeue=True)

        def counted() -> tuple[object, object] | None:
            work = statistics(vhost.node, kind, vhost.name).queues.get("work")
            return work and (work.published, work.redelivered)

        eventually(lambda: counted() == (1, 4))


@pytest.mark.parametrize("kind", ["management", "prometheus"])
@pytest.mark.parametrize("queue", ["classic", "quorum"])
def test_one_acknowledgement_for_many_messages_counts_them_all(
    vhost: Vhost, kind: str, queue: str
) -> None:
    taken: list[int] = []
    with vhost.connect() as connection:
        channel = connection.channel()
        arguments = {"x-queue-type": queue}
        channel.queue_declare("work", durable=True, auto_delete=False, arguments=arguments)
        for _ in range(50):
            channel.basic_publish(amqp.Message(b"x"), routing_key="work")
        channel.basic_consume("work", callback=lambda message: taken.append(message.delivery_tag))
        while len(taken) < 50:
            connection.drain_events(timeout=60)
        channel.basic_ack(taken[-1], multiple=True)

        def counted() -> tuple[object, object] | None:
            work = statistics(vhost.node, kind, vhost.name).queues.get("work")
            return work and (work.acknowledged, work.unacknowledged)

        eventually(lambda: counted() == (50, 0))
