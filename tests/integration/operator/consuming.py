"""Consumers that the broker sees at addresses of their own, as it sees those of Pods."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp
from kubernetes import client

from tests.integration.operator.stage import Stage
from tests.integration.runtime_client.amqp_proxy import AmqpProxy
from tests.vhost import Vhost, becomes, eventually


class Consumer:
    """Takes messages and keeps them until ``finishes`` is called."""

    def __init__(self, connection: amqp.Connection, prefetch: int) -> None:
        self._connection = connection
        self._channel = connection.channel()
        self._channel.basic_qos(0, prefetch, a_global=False)
        self._taken: list[int] = []
        self._channel.basic_consume("work", callback=self._take)

    def _take(self, message: amqp.Message) -> None:
        self._taken.append(message.delivery_tag)

    def takes(self, count: int) -> None:
        """Wait until it has as many."""
        while len(self._taken) < count:
            self._connection.drain_events(timeout=60)

    def finishes(self) -> None:
        for tag in self._taken:
            self._channel.basic_ack(tag)
        self._taken.clear()


@contextmanager
def consumer(vhost: Vhost, address: str, prefetch: int) -> Iterator[Consumer]:
    with (
        AmqpProxy(vhost.node.ports.amqp, source=address) as proxy,
        vhost.connect(proxy.port) as connection,
    ):
        yield Consumer(connection, prefetch)


def wait_for_unacknowledged(vhost: Vhost, *counts: int) -> None:
    """Wait until the management API reports as many messages of each consumer; it lags behind."""

    def seen() -> list[int]:
        channels = vhost.node.management.call("GET", "vhosts", vhost.name, "channels")
        return sorted(each["messages_unacknowledged"] for each in channels if _consumes(each))

    becomes(seen, sorted(counts))


def _consumes(channel: dict[str, Any]) -> bool:
    return bool(channel.get("consumer_count"))


def place_pods(stage: Stage, addresses: list[str]) -> dict[str, str]:
    """Wait for as many Pods of the namespace and give them addresses; returns the names by them."""
    core = client.CoreV1Api(stage.api)
    eventually(lambda: len(pods_of(stage)) == len(addresses))
    named = dict(zip(addresses, pods_of(stage), strict=True))
    for address, name in named.items():
        status = {"status": {"podIP": address, "podIPs": [{"ip": address}]}}
        core.patch_namespaced_pod_status(name, stage.namespace, status)
    return named


def pods_of(stage: Stage) -> set[str]:
    pods = client.CoreV1Api(stage.api).list_namespaced_pod(stage.namespace).items
    return {pod.metadata.name for pod in pods if pod.metadata.deletion_timestamp is None}
