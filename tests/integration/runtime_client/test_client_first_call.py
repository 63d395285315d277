"""The first call makes the connection, and waits for it."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_nameko.client import AmqpUri, Options, RpcClient


@pytest.fixture
def make_new_client():
    """Make clients that have done nothing yet, and close them after the test."""
    clients = []

    def make(uri):
        client = RpcClient(Options(amqp_uri=AmqpUri(uri)))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def test_many_threads_may_make_the_first_call(echo, make_new_client):
    client = make_new_client(echo.amqp_uri)

    with ThreadPoolExecutor(16) as threads:
        replies = threads.map(lambda n: client.call("echo.echo", n, timeout=60), range(16))

    assert list(replies) == list(range(16))
    assert client.connections == 1


def test_the_first_call_waits_for_the_endpoint_that_answers(echo, make_new_client):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"amqp://127.0.0.1:{nobody.getsockname()[1]}/"
        client = make_new_client(f"{away};{echo.amqp_uri}")

        assert client.call("echo.echo", 1, timeout=60) == 1
