"""Clients of a broker whose answers the test sets."""

import msgspec
import pytest

from mare_nameko.client import AmqpUri, Options, RpcClient
from tests.fakes.amqp_server import serve
from tests.vhost import eventually


@pytest.fixture
def broker():
    with serve() as broker:
        yield broker


@pytest.fixture
def make_client(broker):
    """Make clients that are connected, and close them after the test."""
    clients = []

    def make(uri=None, **options):
        client = RpcClient(Options(amqp_uri=AmqpUri(uri or broker.uri), name="test", **options))
        clients.append(client)
        client.start()
        eventually(lambda: client.connected)
        return client

    yield make
    for client in clients:
        client.close(60)


@pytest.fixture
def echo(broker):
    """Have a service answer each call with its arguments."""

    def answer(connection, message):
        connection.ack(message.tag)
        result = msgspec.json.decode(message.body)["args"]
        body = msgspec.json.encode({"result": result, "error": None})
        connection.deliver(body, correlation_id=message.properties["correlation_id"])

    broker.on_publish = answer
    return answer
