"""Gateways that count requests in one place, a real server."""

import socket
import time

import pytest

from mare_gateway import rate_limit
from mare_gateway.app import create_app
from mare_gateway.settings import Settings
from tests.unit.gateway.fake_rpc import FakeRpc
from tests.valkey import Valkey

PATH = "/v1/places?q=rec"


@pytest.fixture
def valkey(tmp_path):
    """A server of the test's own, which it may kill and start again."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def patience(monkeypatch):
    """The storage may answer as late as a busy machine lets it."""
    monkeypatch.setattr(rate_limit, "STORAGE_SECONDS", 60.0)


@pytest.fixture
def make_gateway():
    def make(storage, limit="3/day"):  # the end of a minute would change the counts
        environ = {"GATEWAY_RATE_LIMIT": limit, "GATEWAY_RATE_LIMIT_STORAGE": storage}
        rpc = FakeRpc({"weather.search": {"places": [], "attribution": []}})
        return create_app(Settings.from_env(environ), rpc).test_client()

    return make


def _statuses(gateway, count):
    return [gateway.get(PATH).status_code for _ in range(count)]


def test_gateways_share_what_they_count(valkey, make_gateway, patience):
    one, other = make_gateway(valkey.uri), make_gateway(valkey.uri)

    assert _statuses(one, 2) == [200, 200]
    assert _statuses(other, 2) == [200, 429]
    assert _statuses(one, 1) == [429]


def test_a_storage_that_dies_leaves_each_gateway_counting_for_itself(
    valkey, make_gateway, patience
):
    gateway = make_gateway(valkey.uri)
    assert _statuses(gateway, 1) == [200]

    valkey.kill()

    assert _statuses(gateway, 4) == [200, 200, 200, 429]


def test_a_storage_that_does_not_respond_delays_no_request(make_gateway):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = make_gateway(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        begun = time.monotonic()

        assert _statuses(gateway, 5) == [200, 200, 200, 429, 429]

    assert time.monotonic() - begun < 28  # redis-py alone would wait for 30 s at each request
