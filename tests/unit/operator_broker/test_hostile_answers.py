"""What a broker sends that no broker has to send: it costs little, and its connection ends."""

import asyncio

import aiormq
import pytest
from pamqp import commands, frame

from mare.broker import amqp_connection
from mare.broker.amqp_connection import SharedConnection
from mare.broker.bounded_response import BoundedHandler
from mare.broker.brokers import SecretBrokers
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.frame_limit import FrameLimitReader
from mare.broker.networks import ANY_NETWORK
from mare.broker.prometheus import DetailedMetrics
from mare.local_run.broker_secrets import StaticSecrets
from mare.tenant_scheduler import VIRTUAL_HOSTS, TenantScheduler
from tests.fakes.declarations import Broker
from tests.unit.operator_broker import virtual_time


def nested(levels: int) -> bytes:
    """A frame with so many arrays in each other."""
    value: list[object] = []
    for _ in range(levels):
        value = [value]
    properties = {"capabilities": {}, "deep": value}
    return frame.marshal(commands.Connection.Start(server_properties=properties), 0)


@pytest.mark.parametrize(("levels", "is_refused"), [(20, False), (300, True)])
def test_a_frame_with_deeply_nested_values_is_refused(levels, is_refused):
    async def timeline() -> bool:
        reader = FrameLimitReader(asyncio.get_running_loop())
        data = nested(levels)
        reader.feed_data(data[:50])
        reader.feed_data(data[50:])
        return reader.exception() is not None

    assert asyncio.run(timeline()) == is_refused


def test_a_connection_with_responses_without_a_request_ends():
    class Transport(asyncio.Transport):
        aborted = False

        def abort(self) -> None:
            self.aborted = True

    async def timeline() -> tuple[bool, int]:
        handler, transport = BoundedHandler(asyncio.get_running_loop()), Transport()
        handler.connection_made(transport)
        for _ in range(100):
            handler.feed_data((None, None))
        return transport.aborted, len(handler._buffer)

    is_aborted, kept = asyncio.run(timeline())
    assert is_aborted
    assert kept < 10


def test_a_name_of_a_queue_that_is_too_long_is_not_read():
    metrics = DetailedMetrics()
    line = b'rabbitmq_detailed_queue_messages_ready{queue="' + b"a" * 2**20 + b'"} 1\n'
    metrics.parse(bytearray(line))
    assert metrics.queues() == {}


def test_a_virtual_host_that_cannot_be_opened_is_not_counted():
    scheduler = TenantScheduler()
    brokers = SecretBrokers(
        StaticSecrets({}),
        virtual_time.now,
        statistics_seconds=5,
        secret_seconds=30,
        networks=ANY_NETWORK,
        scheduler=scheduler,
    )
    uri = "http://a%3Ab:c@host"  # basic authentication allows no colon in a user
    parameters = ConnectionParameters(management_uri=uri, tenant=scheduler.of("shop"))
    for _ in range(VIRTUAL_HOSTS.of_namespace + 1):
        with pytest.raises(ValueError, match="not allowed in login"):
            brokers._host(parameters, "/")
    scheduler.hold(VIRTUAL_HOSTS, "shop", VIRTUAL_HOSTS.of_namespace)


def test_an_old_connection_that_is_dropped_leaves_the_new_one(monkeypatch):
    class Transport:
        def __init__(self, *_: object) -> None:
            transports.append(self)
            self.is_aborted = False

        def abort(self) -> None:
            self.is_aborted = True

    transports: list[Transport] = []
    broker = Broker()
    monkeypatch.setattr(amqp_connection, "FrameLimitTransport", Transport)
    monkeypatch.setattr(aiormq, "Connection", broker.connection)

    async def timeline() -> None:
        shared = SharedConnection(ConnectionParameters(amqp_uri="amqp://rabbitmq/"))
        old = await shared.get()
        broker.restart()
        new = await shared.get()
        await shared.drop(old)
        assert [each.is_aborted for each in transports] == [True, False]
        assert await shared.get() is new
        await shared.close()

    asyncio.run(timeline())
