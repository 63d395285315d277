"""Clients that take their time, at the listeners for probes and for streams."""

import asyncio
import contextlib
import socket

import pytest
import requests
from aiohttp import web

from local import front
from mare.processes.tcp_ports import free_port
from mare_gateway.events import server
from mare_gateway.health import HealthServer
from mare_gateway.listeners import UNREAD_MILLISECONDS, limit_unread_answers, listening_socket
from tests.ipv6 import with_ipv6
from tests.vhost import eventually


@pytest.fixture
def probes(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with contextlib.ExitStack() as stack:

        def start(**options):
            started = HealthServer("127.0.0.1", 0, **options)
            started.start()
            stack.callback(started.server_close)
            stack.callback(started.shutdown)
            return started.server_port

        yield start


def is_closed(sock):
    """Send one more octet; return whether the server has closed the connection."""
    try:
        sock.sendall(b"x")
        return sock.recv(100) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def connect(port, stack):
    sock = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    sock.sendall(b"GET /livez HTTP/1.1\r\nX: ")
    sock.setblocking(False)
    return sock


def test_a_probe_that_drips_is_disconnected(probes):
    port = probes(seconds=0.1)
    with contextlib.ExitStack() as stack:
        dripping = connect(port, stack)

        eventually(lambda: is_closed(dripping))
    assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).status_code == 200


def test_probes_are_answered_beside_more_connections_than_are_kept(probes):
    port = probes(seconds=600)
    with contextlib.ExitStack() as stack:
        held = [connect(port, stack) for _ in range(100)]
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).status_code == 200

        eventually(lambda: sum(map(is_closed, held)) >= 68)


async def until_closed(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nX: ")

    async def drip():
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    try:
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        return b""
    finally:
        dripping.cancel()
        writer.close()


def test_a_head_that_drips_has_a_deadline_where_streams_are(monkeypatch):
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.3)

    async def main():
        runner = await server._listen(web.Application(), "127.0.0.1", 0)
        try:
            return await until_closed(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    assert asyncio.run(main()) == b""


def test_a_head_that_drips_has_a_deadline_at_the_front_of_make_run(monkeypatch):
    monkeypatch.setattr(front, "HEAD_SECONDS", 0.3)
    port = free_port()
    settings = front.Settings(
        port=port, health_port=free_port(), gateway_port=free_port(), events_port=free_port()
    )

    async def main():
        serving = asyncio.create_task(front.serve(settings))
        try:
            while True:
                try:
                    return await until_closed(port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.05)
        finally:
            serving.cancel()

    assert asyncio.run(main()) == b""


@pytest.mark.parametrize("opens_itself", [True, False])
def test_an_accepted_connection_is_closed_if_its_client_does_not_read(opens_itself):
    # The second one as granian's: it is open already, beside other files and sockets.
    opened = socket.create_server(("127.0.0.1", 0)) if opens_itself else None
    with opened or listening_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        if opens_itself:
            limit_unread_answers(port)
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = listener.accept()
            with accepted:
                limit = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert limit == UNREAD_MILLISECONDS


@with_ipv6
@pytest.mark.parametrize(
    ("host", "has_ipv6", "reached"),
    [
        ("::", True, {"127.0.0.1", "::1"}),
        ("::", False, {"127.0.0.1"}),
        ("::1", True, {"::1"}),
        ("127.0.0.1", True, {"127.0.0.1"}),
    ],
)
def test_probes_and_streams_are_served_over_ipv6_and_ipv4(
    host, has_ipv6, reached, monkeypatch, tmp_path
):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: has_ipv6)
    with listening_socket(host, 0) as streams, HealthServer(host, 0) as health:
        for port in (streams.getsockname()[1], health.server_port):
            assert {each for each in ("127.0.0.1", "::1") if accepts(each, port)} == reached


@with_ipv6
def test_the_gateway_is_served_over_ipv6_and_ipv4(run_gateway):
    port, health_port = free_port(), free_port()
    ports = {"GATEWAY_HEALTH_PORT": str(health_port)}
    run_gateway(port, GATEWAY_HOST="::", AMQP_URI=NOWHERE, **ports)

    for host in ("127.0.0.1", "::1"):
        eventually(lambda host=host: accepts(host, port) and accepts(host, health_port))


NOWHERE = "amqp://127.0.0.1:9/"
"""A broker that does not answer."""


def accepts(host, port):
    try:
        socket.create_connection((host, port), timeout=60).close()
    except OSError:
        return False
    return True
