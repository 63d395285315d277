"""Namespaces with the same broker share its connections, also after a failure."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from mare.broker.brokers import SecretBrokers
from mare.broker.networks import ANY_NETWORK
from mare.custom_resource.autoscaler import Autoscaler, Key, read_autoscaler
from mare.domain.unknown import Unknown
from tests.broker_node import Node
from tests.integration.operator_broker.test_sources import OneSecret
from tests.leader import silent_leader
from tests.unit.operator_loop.worlds import body
from tests.vhost import Depth, Vhost, becomes

pytestmark = pytest.mark.broker
NAMESPACES = 40


def objects(queue: str, vhost: str = "/") -> list[Autoscaler]:
    """The same object in many namespaces."""
    spec = {"brokerRef": {"secretName": "b", "vhost": vhost}, "queues": [{"name": queue}]}
    one = read_autoscaler(body(queue, **spec))
    return [
        replace(one, key=Key(namespace, queue), broker=replace(one.broker, namespace=namespace))
        for namespace in (f"shop-{number}" for number in range(NAMESPACES))
    ]


@asynccontextmanager
async def brokers_of(secret: OneSecret) -> AsyncIterator[SecretBrokers]:
    brokers = SecretBrokers(
        secret, time.time, statistics_seconds=5, secret_seconds=60, networks=ANY_NETWORK
    )
    try:
        yield brokers
    finally:
        await brokers.close()


async def read_all(brokers: SecretBrokers, some: list[Autoscaler]) -> Mapping[Key, int | str]:
    """The ready messages of each object or why they are unknown, by concurrent reads."""
    rounds = await asyncio.gather(*(brokers.read([each]) for each in some))
    queues = {key: reading.queues for found in rounds for key, reading in found.items()}
    return {
        key: found.reason if isinstance(found, Unknown) else _ready(found[0].ready)
        for key, found in queues.items()
    }


def _ready(ready: int | Unknown) -> int | str:
    return ready.reason if isinstance(ready, Unknown) else ready


def own(connections: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the connections that the operator opened; they contain its ports."""
    return [each["name"] for each in connections if each.get("user_provided_name") == "mare"]


async def until(read: Callable[[], Awaitable[object]], expected: object) -> None:
    async with asyncio.timeout(60):
        while True:
            if await read() == expected:
                return
            await asyncio.sleep(0.1)


def test_many_namespaces_share_one_connection_also_after_a_restart(
    own_rabbitmq: Callable[[], Node],
):
    node = own_rabbitmq()
    with node.connect() as connection:
        connection.channel().queue_declare("work", durable=True, auto_delete=False)
    node.settle()
    everybody = objects("work")

    async def connected(count: int) -> None:
        await asyncio.to_thread(becomes, lambda: len(own(node.management.connections("/"))), count)

    async def timeline() -> None:
        async with brokers_of(OneSecret(amqp_uri=node.amqp_uri)) as brokers:

            async def reading() -> set[int | str]:
                return set((await read_all(brokers, everybody)).values())

            await until(reading, {0})
            await connected(1)
            await asyncio.to_thread(node.kill)
            await until(reading, {"BrokerUnreachable"})
            start = asyncio.create_task(asyncio.to_thread(node.start))
            await until(reading, {0})
            await start
            await connected(1)
        await connected(0)

    asyncio.run(timeline())


def test_a_silent_leader_does_not_affect_other_queues_or_the_connection(vhost: Vhost):
    for name in ("work", "other"):
        with vhost.connect() as connection:
            connection.channel().queue_declare(name, durable=True, auto_delete=False)
        vhost.publish(b"x", routing_key=name)
    some = objects("work", vhost.name)[:10] + objects("other", vhost.name)[:10]

    async def timeline() -> None:
        async with brokers_of(OneSecret(amqp_uri=vhost.amqp_uri)) as brokers:

            async def reading() -> Mapping[str, set[int | str]]:
                found: dict[str, set[int | str]] = defaultdict(set)
                for key, ready in (await read_all(brokers, some)).items():
                    found[key.name].add(ready)
                return found

            await until(reading, {"work": {1}, "other": {1}})
            await asyncio.to_thread(becomes, lambda: len(own(vhost.connections())), 1)
            first = own(vhost.connections())
            with silent_leader(vhost, "work"):
                assert vhost.depth("work") == Depth(ready=0, consumers=0)
                await until(reading, {"work": {"LeaderSilent"}, "other": {1}})
            await until(reading, {"work": {1}, "other": {1}})
            assert own(vhost.connections()) == first

    asyncio.run(timeline())
