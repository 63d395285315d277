"""Each source of a broker alone is enough to scale; the reading lists what is then unknown."""

import asyncio
import base64
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

import amqp
import pytest

from mare.broker.brokers import SecretBrokers
from mare.broker.networks import ANY_NETWORK
from mare.broker.object_reading import host_of
from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading
from tests.unit.operator_loop.worlds import body
from tests.vhost import Vhost

pytestmark = pytest.mark.broker


class OneSecret:
    """A Secret that leads to a broker."""

    def __init__(self, **values: str) -> None:
        self.data = {
            key.replace("_", "-"): base64.b64encode(value.encode()).decode()
            for key, value in values.items()
        }

    async def read(self, namespace: str, name: str) -> dict[str, str]:
        return self.data


def read_until(
    secret: OneSecret, vhost: Vhost, until: Callable[..., bool], *, replica_at=host_of, **spec
) -> BrokerReading:
    """Read the queues of an object until a condition holds."""
    autoscaler = read_autoscaler(body(brokerRef={"secretName": "b", "vhost": vhost.name}, **spec))

    async def read() -> BrokerReading:
        times = {"statistics_seconds": 0.3, "secret_seconds": 60.0}
        brokers = SecretBrokers(
            secret, time.time, **times, networks=ANY_NETWORK, replica_at=replica_at
        )
        try:
            async with asyncio.timeout(60):
                while True:
                    reading = (await brokers.read([autoscaler]))[autoscaler.key]
                    if until(reading):
                        return reading
                    await asyncio.sleep(0.1)
        finally:
            await brokers.close()

    return asyncio.run(read())


def ready(count: int) -> Callable[[BrokerReading], bool]:
    """Whether the queue has this depth: a busy leader may not answer the first read."""

    def until(reading: BrokerReading) -> bool:
        known = () if isinstance(reading.queues, Unknown) else reading.queues
        return [each.ready for each in known if not isinstance(each.ready, Unknown)] == [count]

    return until


def counted(reading: BrokerReading) -> bool:
    """Whether the statistics include the messages."""
    return not isinstance(reading.queues, Unknown) and all(
        (each.ready, each.consumers, each.unacknowledged, each.published) == (3, 1, 2, 5)
        for each in reading.queues
    )


def counts(reading: BrokerReading) -> int:
    return 0 if isinstance(reading.queues, Unknown) else len(reading.queues)


@pytest.fixture
def work(vhost: Vhost):
    """A queue with 5 messages, of which a consumer with a prefetch of 2 has two."""
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("work", durable=True, auto_delete=False)
        for _ in range(5):
            channel.basic_publish(amqp.Message(b"x"), routing_key="work")
        channel.basic_qos(0, 2, a_global=False)
        channel.basic_consume("work", callback=lambda message: None)
        connection.drain_events(timeout=60)
        connection.drain_events(timeout=60)
        yield


def test_amqp_alone_reports_ready_messages_and_consumers_also_beside_missing_queues(
    vhost: Vhost, work
):
    names = [{"name": f"missing-{number}"} for number in range(20)] + [{"name": "work"}]
    reading = read_until(OneSecret(amqp_uri=vhost.amqp_uri), vhost, ready(3), queues=names)

    *missing, queue = reading.queues
    assert (len(missing), queue.ready, queue.consumers) == (20, 3, 1)
    assert isinstance(queue.unacknowledged, Unknown)
    assert "unacknowledged and rates are unknown" in reading.lost[0]


def test_the_management_api_alone_reports_all_but_current_depths(vhost: Vhost, work):
    secret = OneSecret(management_uri=vhost.node.management_uri)
    reading = read_until(secret, vhost, counted, queues=[{"name": "work"}])

    (queue,) = reading.queues
    assert queue.prefetch == 2
    assert reading.lost == ("without amqp-uri, depths are as old as the statistics",)


def test_prometheus_alone_reports_counts_but_neither_prefetch_nor_busy_replicas(vhost: Vhost, work):
    secret = OneSecret(prometheus_uri=f"http://127.0.0.1:{vhost.node.ports.prometheus}")
    reading = read_until(secret, vhost, counted, queues=[{"name": "work"}])

    (queue,) = reading.queues
    assert isinstance(queue.prefetch, Unknown)
    assert isinstance(reading.busy, Unknown)


NOTHING = {"configure": "^$", "write": "^$", "read": "^$"}


@contextmanager
def user_of(vhost: Vhost, tags: str, permissions: dict[str, str] | None) -> Iterator[OneSecret]:
    """A Secret with a user of its own; without `permissions` the virtual host is closed to it."""
    name = f"user-{uuid4().hex[:8]}"
    call = vhost.node.management.call
    call("PUT", "users", name, body={"password": "secret", "tags": tags})
    if permissions is not None:
        call("PUT", "permissions", vhost.name, name, body=permissions)
    as_user = partial(re.sub, "//[^@]+@", f"//{name}:secret@")
    yield OneSecret(
        amqp_uri=as_user(vhost.amqp_uri), management_uri=as_user(vhost.node.management_uri)
    )
    call("DELETE", "users", name)


def test_a_user_with_the_tag_monitoring_and_empty_permissions_reads_all(vhost: Vhost, work):
    with user_of(vhost, "monitoring", NOTHING) as secret:
        reading = read_until(
            secret,
            vhost,
            lambda reading: counted(reading) and reading.busy == {"127.0.0.1": 2},
            queues=[{"pattern": "wor*"}],
        )

    (queue,) = reading.queues
    assert (reading.lost, queue.prefetch) == ((), 2)


def test_a_user_with_the_tag_management_cannot_read_busy_replicas(vhost: Vhost, work):
    with user_of(vhost, "management", NOTHING) as secret:
        reading = read_until(secret, vhost, counted, queues=[{"name": "work"}])

    (queue,) = reading.queues
    assert isinstance(queue.prefetch, Unknown)
    assert isinstance(reading.busy, Unknown)


def test_a_user_without_permissions_in_the_virtual_host_is_refused(vhost: Vhost, work):
    with user_of(vhost, "monitoring", None) as secret:
        reading = read_until(secret, vhost, lambda reading: True, queues=[{"name": "work"}])

    assert reading.queues.reason == "VirtualHostRefused"
    assert vhost.name in reading.queues.cause


def test_patterns_and_the_queues_of_a_nameko_service_are_found(vhost: Vhost):
    names = ["jobs-a", "jobs-b", "rpc-shop", "evt-cart-paid--shop.on_paid", "rpc-shopping"]
    with vhost.connect() as connection:
        channel = connection.channel()
        for name in names:
            channel.queue_declare(name, durable=True, auto_delete=False)
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    reading = read_until(
        secret,
        vhost,
        lambda reading: counts(reading) == 4,
        queues=[{"pattern": "jobs-?"}],
        nameko={"service": "shop", "maxWorkers": 3},
    )

    assert {each.name: each.entries for each in reading.queues} == {
        "jobs-a": ("jobs-?",),
        "jobs-b": ("jobs-?",),
        "rpc-shop": (),
        "evt-cart-paid--shop.on_paid": (),
    }


def test_a_name_that_amqp_cannot_declare_is_read_from_statistics(vhost: Vhost):
    with vhost.connect() as connection:
        connection.channel().queue_declare("fila-ação", durable=True, auto_delete=False)
    vhost.publish(b"x", routing_key="fila-ação")
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    reading = read_until(
        secret, vhost, lambda reading: reading.queues[0].ready == 1, queues=[{"name": "fila-ação"}]
    )

    assert [each.ready for each in reading.queues] == [1]


def test_a_stream_is_unknown(vhost: Vhost):
    with vhost.connect() as connection:
        channel = connection.channel()
        arguments = {"x-queue-type": "stream"}
        channel.queue_declare("log", durable=True, auto_delete=False, arguments=arguments)
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    reading = read_until(
        secret,
        vhost,
        lambda reading: counts(reading) == 1 and isinstance(reading.queues[0].ready, Unknown),
        queues=[{"name": "log"}],
    )

    (queue,) = reading.queues
    assert queue.ready.reason == "QueueIsStream"
