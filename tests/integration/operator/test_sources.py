"""Each source of a broker alone is enough to scale; what is lost without the others is told."""

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
from mare.broker.connection_parameters import parse_secret
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


def seen_of(
    secret: OneSecret, vhost: Vhost, until: Callable[[BrokerReading], bool], **spec
) -> BrokerReading:
    """Look at the queues of an object until they are as they should be."""
    autoscaler = read_autoscaler(body(brokerRef={"secretName": "b", "vhost": vhost.name}, **spec))

    async def look() -> BrokerReading:
        brokers = SecretBrokers(secret, time.time, statistics_seconds=0.3, secret_seconds=60)
        try:
            async with asyncio.timeout(60):
                while True:
                    seen = (await brokers.read([autoscaler]))[autoscaler.key]
                    if until(seen):
                        return seen
                    await asyncio.sleep(0.1)
        finally:
            await brokers.close()

    return asyncio.run(look())


def ready(count: int) -> Callable[[BrokerReading], bool]:
    """Return whether a queue has as many: of a busy leader, the first look may tell none."""

    def until(seen: BrokerReading) -> bool:
        known = () if isinstance(seen.queues, Unknown) else seen.queues
        return [each.ready for each in known if not isinstance(each.ready, Unknown)] == [count]

    return until


def counted(seen: BrokerReading) -> bool:
    """Whether the statistics are as new as the messages."""
    return not isinstance(seen.queues, Unknown) and all(
        (each.ready, each.consumers, each.unacknowledged, each.published) == (3, 1, 2, 5)
        for each in seen.queues
    )


def counts(seen: BrokerReading) -> int:
    return 0 if isinstance(seen.queues, Unknown) else len(seen.queues)


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


def test_amqp_alone_tells_what_is_ready_and_that_the_rest_is_unknown(vhost: Vhost, work):
    seen = seen_of(OneSecret(amqp_uri=vhost.amqp_uri), vhost, ready(3), queues=[{"name": "work"}])

    (reading,) = seen.queues
    assert (reading.ready, reading.consumers) == (3, 1)
    assert isinstance(reading.unacknowledged, Unknown)
    assert "unacknowledged and rates are unknown" in seen.lost[0]


def test_management_alone_tells_all_but_fresh_depths(vhost: Vhost, work):
    secret = OneSecret(management_uri=vhost.node.management_uri)
    seen = seen_of(secret, vhost, counted, queues=[{"name": "work"}])

    (reading,) = seen.queues
    assert reading.prefetch == 2
    assert seen.lost == ("without amqp-uri, depths are as old as the statistics",)


def test_prometheus_alone_tells_counts_but_neither_prefetch_nor_peers(vhost: Vhost, work):
    secret = OneSecret(prometheus_uri=f"http://127.0.0.1:{vhost.node.ports.prometheus}")
    seen = seen_of(secret, vhost, counted, queues=[{"name": "work"}])

    (reading,) = seen.queues
    assert isinstance(reading.prefetch, Unknown)
    assert isinstance(seen.busy, Unknown)


def test_amqp_with_management_tells_all_and_who_is_busy(vhost: Vhost, work):
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)
    seen = seen_of(
        secret,
        vhost,
        lambda seen: counted(seen) and seen.busy == {"127.0.0.1": 2},
        queues=[{"name": "work"}],
    )

    assert seen.lost == ()
    assert seen.busy == {"127.0.0.1": 2}


NOTHING = {"configure": "^$", "write": "^$", "read": "^$"}


@contextmanager
def user_of(vhost: Vhost, tags: str, permissions: dict[str, str] | None) -> Iterator[OneSecret]:
    """A Secret with a user of its own, who goes with the block; permissions may be none at all."""
    name = f"looks-{uuid4().hex[:8]}"
    call = vhost.node.management.call
    call("PUT", "users", name, body={"password": "secret", "tags": tags})
    if permissions is not None:
        call("PUT", "permissions", vhost.name, name, body=permissions)
    as_user = partial(re.sub, "//[^@]+@", f"//{name}:secret@")
    yield OneSecret(
        amqp_uri=as_user(vhost.amqp_uri), management_uri=as_user(vhost.node.management_uri)
    )
    call("DELETE", "users", name)


def test_a_user_with_the_tag_monitoring_and_empty_permissions_sees_all(vhost: Vhost, work):
    with user_of(vhost, "monitoring", NOTHING) as secret:
        seen = seen_of(
            secret,
            vhost,
            lambda seen: counted(seen) and seen.busy == {"127.0.0.1": 2},
            queues=[{"pattern": "wor*"}],
        )

    (reading,) = seen.queues
    assert (seen.lost, reading.prefetch) == ((), 2)


def test_a_user_with_the_tag_management_alone_does_not_see_who_is_busy(vhost: Vhost, work):
    with user_of(vhost, "management", NOTHING) as secret:
        seen = seen_of(secret, vhost, counted, queues=[{"name": "work"}])

    (reading,) = seen.queues
    assert isinstance(reading.prefetch, Unknown)
    assert isinstance(seen.busy, Unknown)


def test_a_user_without_permissions_in_the_virtual_host_is_refused(vhost: Vhost, work):
    with user_of(vhost, "monitoring", None) as secret:
        seen = seen_of(secret, vhost, lambda seen: True, queues=[{"name": "work"}])

    assert seen.queues.reason == "AccessRefused"
    assert vhost.name in seen.queues.cause


def test_patterns_and_the_queues_of_a_nameko_service_are_found(vhost: Vhost):
    names = ["jobs-a", "jobs-b", "rpc-shop", "evt-cart-paid--shop.on_paid", "rpc-shopping"]
    with vhost.connect() as connection:
        channel = connection.channel()
        for name in names:
            channel.queue_declare(name, durable=True, auto_delete=False)
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    seen = seen_of(
        secret,
        vhost,
        lambda seen: counts(seen) == 4,
        queues=[{"pattern": "jobs-?"}],
        nameko={"service": "shop", "maxWorkers": 3},
    )

    assert {each.name: each.entries for each in seen.queues} == {
        "jobs-a": ("jobs-?",),
        "jobs-b": ("jobs-?",),
        "rpc-shop": (),
        "evt-cart-paid--shop.on_paid": (),
    }


def test_a_queue_that_fits_several_entries_is_counted_once(vhost: Vhost, work):
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)
    entries = [{"name": "work"}, {"pattern": "wor*"}, {"pattern": "*rk"}]

    seen = seen_of(secret, vhost, counted, queues=entries)

    (reading,) = (each for each in seen.queues if each.name == "work")
    assert reading.entries == ("work", "wor*", "*rk")


def test_a_pattern_without_statistics_is_unknown_and_not_empty(vhost: Vhost):
    seen = seen_of(
        OneSecret(amqp_uri=vhost.amqp_uri), vhost, lambda seen: True, queues=[{"pattern": "jobs-*"}]
    )

    (reading,) = seen.queues
    assert isinstance(reading.ready, Unknown)


def test_a_missing_queue_does_not_cost_the_others_their_connection(vhost: Vhost, work):
    names = [{"name": f"missing-{number}"} for number in range(20)] + [{"name": "work"}]

    seen = seen_of(OneSecret(amqp_uri=vhost.amqp_uri), vhost, ready(3), queues=names)

    assert [r.ready for r in seen.queues if not isinstance(r.ready, Unknown)] == [3]
    assert len(seen.queues) == 21


def test_a_name_that_amqp_cannot_ask_for_is_told_by_statistics(vhost: Vhost):
    with vhost.connect() as connection:
        connection.channel().queue_declare("fila-ação", durable=True, auto_delete=False)
    vhost.publish(b"x", routing_key="fila-ação")
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    seen = seen_of(
        secret, vhost, lambda seen: seen.queues[0].ready == 1, queues=[{"name": "fila-ação"}]
    )
    alone = seen_of(
        OneSecret(amqp_uri=vhost.amqp_uri),
        vhost,
        lambda seen: True,
        queues=[{"name": "fila-ação"}],
    )

    assert [each.ready for each in seen.queues] == [1]
    assert [each.ready.reason for each in alone.queues] == ["NotReported"]


def test_a_service_that_only_listens_to_events_is_found(vhost: Vhost):
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("evt-cart-paid--shop.on_paid", durable=True, auto_delete=False)
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    seen = seen_of(
        secret,
        vhost,
        lambda seen: [each.name for each in seen.queues] != ["rpc-shop"],
        queues=[],
        nameko={"service": "shop"},
    )

    assert [(each.name, each.ready) for each in seen.queues] == [("evt-cart-paid--shop.on_paid", 0)]


def test_a_secret_never_shows(vhost: Vhost):
    data = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri).data
    access = parse_secret("broker", data)

    assert "mare:" not in repr(access)


def test_a_stream_is_no_queue_that_could_be_emptied(vhost: Vhost):
    with vhost.connect() as connection:
        channel = connection.channel()
        arguments = {"x-queue-type": "stream"}
        channel.queue_declare("log", durable=True, auto_delete=False, arguments=arguments)
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    seen = seen_of(
        secret,
        vhost,
        lambda seen: counts(seen) == 1 and isinstance(seen.queues[0].ready, Unknown),
        queues=[{"name": "log"}],
    )

    (reading,) = seen.queues
    assert reading.ready.reason == "QueueIsStream"
