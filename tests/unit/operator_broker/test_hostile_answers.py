"""What a broker sends that no broker has to send: it costs little, and its connection ends."""

import asyncio
import base64

import aiormq
import pytest
from pamqp import commands, frame

from mare.broker import amqp_connection
from mare.broker.amqp_connection import SharedConnection
from mare.broker.bounded_response import BoundedHandler
from mare.broker.brokers import SecretBrokers
from mare.broker.connection_parameters import ConnectionParameters, parse_secret
from mare.broker.frame_limit import FrameLimitReader
from mare.broker.http_client import BrokerHttpClient, ResponseTooLarge
from mare.broker.networks import ANY_NETWORK
from mare.broker.prometheus import DetailedMetrics
from mare.ports import AccessRefused, NotFound
from mare.tenant_scheduler import VIRTUAL_HOSTS, TenantScheduler
from tests.fakes.declarations import Broker
from tests.unit.operator_broker import virtual_time


class NoSecrets:
    async def read(self, namespace: str, name: str) -> dict[str, str]:
        raise NotFound(name)


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


def test_a_response_beyond_the_bytes_of_its_kind_is_refused():
    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"[" + b"{}," * 40_000 + b"{}]"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async def timeline() -> None:
        async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
            uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            client = BrokerHttpClient(uri, ConnectionParameters(networks=ANY_NETWORK), "it", 2**20)
            with pytest.raises(ResponseTooLarge, match="65,536 bytes"):
                await client.get("/", {}, most=2**16)
            await client.close()

    asyncio.run(timeline())


def test_a_name_of_a_queue_that_is_too_long_is_not_read():
    metrics = DetailedMetrics()
    line = b'rabbitmq_detailed_queue_messages_ready{queue="' + b"a" * 2**20 + b'"} 1\n'
    metrics.parse(bytearray(line))
    assert metrics.queues() == {}


def test_a_client_key_that_takes_long_to_sign_with_is_refused():
    values = {"amqp-uri": "amqps://broker/", "tls.key": "A" * 12_000, "tls.crt": "x"}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    with pytest.raises(AccessRefused, match=r"tls\.key of Secret broker is longer than 4 KiB"):
        parse_secret("broker", data, ANY_NETWORK)


def test_a_virtual_host_that_cannot_be_opened_is_not_counted():
    scheduler = TenantScheduler()
    brokers = SecretBrokers(
        NoSecrets(),
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
        await shared.get()
        await shared.drop(old)
        assert [each.is_aborted for each in transports] == [True, False]
        await shared.close()

    asyncio.run(timeline())
