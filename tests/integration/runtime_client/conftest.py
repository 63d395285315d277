import contextlib

import pytest

from mare_nameko.client import AmqpUri, Options, RpcClient
from tests.integration.runtime_client.stock import stock_services
from tests.vhost import Vhost, eventually


@pytest.fixture
def make_client():
    """Make clients that are connected, and close them after the test."""
    clients = []

    def make(uri, **options):
        client = RpcClient(Options(amqp_uri=AmqpUri(uri), name="test", **options))
        clients.append(client)
        client.start()
        eventually(lambda: client.ready)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def echo(rabbitmq):
    """A virtual host in which a stock service called echo runs."""
    vhost = Vhost(rabbitmq, "client-echo")
    with stock_services(vhost, "echo"):
        yield vhost
    vhost.delete()


@pytest.fixture
def client(echo, make_client):
    return make_client(echo.amqp_uri)


@pytest.fixture
def run_services():
    """Run stock services until the end of the test, or until their process is ended."""
    with contextlib.ExitStack() as stack:
        yield lambda vhost, *names: stack.enter_context(stock_services(vhost, *names))
