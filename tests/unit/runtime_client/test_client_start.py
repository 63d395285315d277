"""What the first calls of a client meet when there is no broker."""

import contextlib
import socket
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_nameko.client import AmqpUri, Disconnected, Options, RpcClient, RpcError
from mare_nameko.client import client as client_module
from mare_nameko.client.encoding import Route

NO_BROKER = "amqp://127.0.0.1:1/"


@contextlib.contextmanager
def client_of(uri, **options):
    client = RpcClient(Options(amqp_uri=AmqpUri(uri), **options))
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def many_switches():
    """Have threads take turns a thousand times as often, so that they meet everywhere."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_threads_may_start_a_client_together(many_switches, monkeypatch):
    made, ended = [], Counter()
    thread = client_module.ConnectionThread
    monkeypatch.setattr(
        client_module, "ConnectionThread", lambda *given: made.append(thread(*given)) or made[-1]
    )
    for _ in range(20):
        together = threading.Barrier(16)

        def call(client, together=together):
            together.wait()
            try:
                client.call("a.b", timeout=5)
            except RpcError as error:
                return type(error)

        with client_of(NO_BROKER, backoff=5.0) as client, ThreadPoolExecutor(16) as threads:
            ended.update(threads.map(call, [client] * 16))

    assert ended == {Disconnected: 20 * 16}
    assert len(made) == 20


def test_the_first_call_waits_for_the_connection_to_its_deadline_only():
    silent = socket.create_server(("127.0.0.1", 0))
    uri = f"amqp://127.0.0.1:{silent.getsockname()[1]}/"
    with client_of(uri, connect_timeout=60.0) as client, silent:
        started = time.monotonic()
        with pytest.raises(Disconnected):
            client.call("a.b", timeout=0.3)
        waited = time.monotonic() - started

    assert 0.3 <= waited < 30.0  # connecting may take 60


def test_once_no_endpoint_has_answered_calls_fail_at_once():
    with client_of(f"{NO_BROKER};{NO_BROKER}", backoff=0.01, max_backoff=60.0) as client:
        with pytest.raises(Disconnected):
            client.call("a.b", timeout=60)
        started = time.monotonic()
        with pytest.raises(Disconnected):
            client.call("a.b", timeout=60)

    assert time.monotonic() - started < 30.0


class LosingConnection:
    """Loses its route while a call is handed over, after it has failed the pending calls."""

    def __init__(self, *_):
        self.route = Route(1, "nameko-rpc", "first", 131072)
        self.flowing = threading.Event()
        self.flowing.set()

    def start(self):
        """Stand in for the thread."""

    def publish(self, call):
        self.route = Route(1, "nameko-rpc", "second", 131072)

    def count_consumers(self, service):
        """Stand in for a request to the broker."""

    def stop(self):
        """Stand in for the thread."""

    def join(self, timeout):
        """Stand in for the thread."""


def test_a_call_handed_over_while_the_connection_is_lost_fails_at_once(monkeypatch):
    monkeypatch.setattr(client_module, "ConnectionThread", LosingConnection)
    with client_of(NO_BROKER, no_consumers_grace=60.0) as client:
        started = time.monotonic()
        with pytest.raises(Disconnected, match="the connection was lost"):
            client.call("a.b", timeout=60)

        assert client.in_flight == 0
    assert time.monotonic() - started < 30
