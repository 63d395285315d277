"""Publishers that are faster than the memory alarm end no node. Root only."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread

import amqp
import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.broker import PASSWORDS
from tests.charts.rabbitmq.cluster import Cluster
from tests.charts.rabbitmq.memory_limit import MemoryLimit, memory_limit
from tests.vhost import becomes

SMALLEST_MIB = 512
SECONDS = float(os.environ.get("MARE_MEMORY_SECONDS", "20"))
"""How long messages are published; 600 repeats the figure of docs/measurements/rabbitmq.md."""
PUBLISHERS = 6
BODY = b"x" * 1_000_000

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900 + SECONDS)]


@pytest.fixture
def limits() -> Iterator[list[MemoryLimit]]:
    """One for each node."""
    with ExitStack() as stack:
        yield [stack.enter_context(memory_limit(SMALLEST_MIB)) for _ in range(3)]


@pytest.fixture
def small_nodes(
    helm: Helm, debian: Path, tmp_path: Path, limits: list[MemoryLimit]
) -> Iterator[Cluster]:
    memory = {"memory": f"{SMALLEST_MIB}Mi"}
    values = {"resources": {"requests": memory, "limits": memory}}
    cgroups = [limit.entry for limit in limits]
    with Cluster(
        helm, debian, tmp_path, passwords=PASSWORDS, values=values, cgroups=cgroups
    ) as cluster:
        yield cluster.start()


def _declare(connection: amqp.Connection, queue: str) -> amqp.Channel:
    channel = connection.channel()
    arguments = {"x-queue-type": "quorum"}
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
    return channel


def _publish(connection: amqp.Connection, queue: str) -> None:
    """Publish as fast as the node reads, without confirms, until the connection is cut."""
    with suppress(OSError, amqp.AMQPError):
        channel = _declare(connection, queue)
        while True:
            channel.basic_publish(amqp.Message(BODY, delivery_mode=2), routing_key=queue)


def test_six_publishers_of_1_mb_end_no_node_and_lose_nothing(
    small_nodes: Cluster, limits: list[MemoryLimit]
):
    queues = [f"work-{number}" for number in range(PUBLISHERS)]
    connections = [small_nodes.connect(number % 3) for number in range(PUBLISHERS)]
    with small_nodes.connect(0) as connection:
        channel = _declare(connection, "kept")
        channel.confirm_select()
        purged = [_declare(connection, queue) for queue in queues]
        threads = [
            Thread(target=_publish, args=each) for each in zip(connections, queues, strict=True)
        ]
        for thread in threads:
            thread.start()
        began, purges, confirmed = time.monotonic(), 0, 0
        while (elapsed := time.monotonic() - began) < SECONDS:
            if elapsed > 2 * purges:  # otherwise the memory alarm lasts for ever
                purges += 1
                for purge, queue in zip(purged, queues, strict=True):
                    purge.queue_purge(queue)
            channel.basic_publish_confirm(amqp.Message(b"x", delivery_mode=2), routing_key="kept")
            confirmed += 1
        for each in connections:
            each.collect()
        for thread in threads:
            thread.join()

        assert [limit.kills() for limit in limits] == [0, 0, 0]
        becomes(lambda: channel.queue_declare("kept", passive=True).message_count, confirmed)
