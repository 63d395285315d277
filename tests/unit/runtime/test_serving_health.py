"""The server of the probes: where it listens, and what bounds its clients."""

import logging
import socket

import eventlet
import pytest

from mare_nameko.service import health
from mare_nameko.service.health import serve_health
from tests.ipv6 import with_ipv6


@pytest.fixture
def spawned(monkeypatch):
    """What runs in a green thread; the sockets are closed afterwards."""
    spawned = []
    monkeypatch.setattr(
        health.eventlet, "spawn", lambda *args, **options: spawned.append((args, options))
    )
    yield spawned
    for (_, listener, _), _ in spawned:
        listener.close()


@pytest.mark.parametrize(
    ("host", "address", "reached_at"),
    [
        ("127.0.0.1", "http://127.0.0.1:", "127.0.0.1"),
        pytest.param("::1", "http://[::1]:", "::1", marks=with_ipv6),
        pytest.param("", "http://[::]:", "127.0.0.1", marks=with_ipv6),
    ],
)
def test_it_listens_at_the_address_and_logs_it(spawned, caplog, host, address, reached_at):
    caplog.set_level(logging.INFO)

    port = serve_health("app", host, 0)

    assert caplog.messages == [f"Serving health and metrics at {address}{port}"]
    socket.create_connection((reached_at, port), timeout=5).close()
    ((_, listener, app), options) = spawned[0]
    assert (listener.getsockname()[1], app) == (port, "app")
    bounds = ("keepalive", "max_size", "socket_timeout", "url_length_limit", "debug", "log_output")
    assert [options[name] for name in bounds] == [False, 16, 5.0, 512, False, False]


def test_without_ipv6_it_listens_at_all_addresses_of_ipv4(spawned, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)

    serve_health("app", "", 0)

    assert "http://0.0.0.0:" in caplog.text


def test_a_port_is_not_shared(spawned):
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError):
        serve_health("app", "127.0.0.1", other.getsockname()[1])


def test_the_app_is_served():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [environ["PATH_INFO"][:2].encode()]

    port = serve_health(app, "127.0.0.1", 0)
    with eventlet.Timeout(30), eventlet.green.socket.socket() as client:
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        received = b""
        while data := client.recv(1000):
            received += data

    assert received.startswith(b"HTTP/1.1 200 OK")
    assert received.endswith(b"\r\n\r\n/l")
