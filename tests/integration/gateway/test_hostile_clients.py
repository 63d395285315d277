"""Clients that occupy connections: probes and other requests are answered meanwhile."""

import contextlib
import signal
import socket
import threading
import time

import pytest
import requests

from local.processor_time import processor_seconds
from mare.processes.tcp_ports import free_port
from tests.proc import children
from tests.vhost import eventually

SECONDS, DRIPPING_SECONDS = 4.0, 8.0
PROBES = 40
"""That many, so that a machine that stalls once delays one in twenty at most."""
LATE_SECONDS = 3.0
"""Behind these clients a probe waited for 6 to 75 s; on a busy machine it waits for 1 s."""
ADDRESSES = ("127.0.0.1", "127.0.0.2")
LARGE_ANSWER = b"GET /docs/assets/js/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
INVALID_HEADS = (
    (b"GET /" + b"x" * 21_000, "431"),
    (b"GET / HTTP/1.1\r\nX: " + b"x" * 21_000, "431"),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 3_500, "431"),
    (b"\r\n\r\nx\r\n\r\n", "400"),
)
NO_BODY = (
    b"POST /v1/playlists HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
)


class Gateway:
    """A gateway without a broker, and connections to it."""

    def __init__(self, run, stack):
        self.port, self.health_port = free_port(), free_port()
        self._stack = stack
        self.process = run(
            self.port,
            AMQP_URI="amqp://127.0.0.1:1/",
            GATEWAY_HEALTH_PORT=str(self.health_port),
            GATEWAY_GRACEFUL_TIMEOUT="300",
        )
        eventually(lambda: self.status("/livez") == 200 and self.status("/docs") == 200)

    def status(self, path):
        port = self.port if path == "/docs" else self.health_port
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=60).status_code
        return None

    def submit(self, body):
        headers = {"Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/v1/playlists"
        return requests.post(url, data=body, headers=headers, timeout=60)

    def connect(self, sent=b"", window=None, address=""):
        sock = self._stack.enter_context(socket.socket())
        sock.bind((address, 0))
        if window:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        sock.settimeout(60)
        sock.connect(("127.0.0.1", self.port))
        sock.sendall(sent)
        return sock

    def processor_seconds(self):
        pids = [self.process.pid, *children(self.process.pid)]
        return sum(map(processor_seconds, pids))


@pytest.fixture
def gateway(run_gateway):
    with contextlib.ExitStack() as stack:
        yield Gateway(run_gateway, stack)


@contextlib.contextmanager
def probed(gateway):
    """Probe the gateway ten times a second; fail if a probe is not answered soon.

    One probe in twenty may take longer: the machine of the tests may be busy.
    """
    ended = threading.Event()
    durations = []

    def probe():
        while not ended.wait(0.1):
            started = time.monotonic()
            assert gateway.status("/livez") == 200
            durations.append(time.monotonic() - started)

    thread = threading.Thread(target=probe)
    thread.start()
    started = time.monotonic()
    try:
        yield
        eventually(lambda: time.monotonic() - started >= SECONDS and len(durations) >= PROBES)
        assert gateway.status("/docs") == 200
    finally:
        ended.set()
        thread.join()
    durations.sort()
    assert durations[len(durations) // 2] < 0.5
    assert durations[len(durations) * 95 // 100] < LATE_SECONDS


def test_half_sent_bodies(gateway):
    with probed(gateway):
        held = [gateway.connect(NO_BODY + b"12345", address=each) for each in ADDRESSES * 48]
        submitted = gateway.submit(b"no JSON")

        assert (submitted.status_code, submitted.json()["code"]) == (400, "invalid_body")

    late = held[0].recv(4096)
    assert late.startswith(b"HTTP/1.1 408 ")
    assert b"request_timeout" in late
    assert held[0].recv(4096) == b""  # it is closed


def test_idle_connections(gateway):
    with probed(gateway):
        for _ in range(1001):
            gateway.connect()


def test_heads_that_arrive_in_small_pieces(gateway):
    head = b"GET /docs HTTP/1.1\r\nX: ".ljust(20_000, b"x")
    with probed(gateway):
        used = gateway.processor_seconds()
        sockets = [gateway.connect() for _ in range(8)]
        started = time.monotonic()
        for position in range(0, len(head), 64):
            for sock in sockets:
                sock.sendall(head[position : position + 64])
            time.sleep(
                max(0.0, started + DRIPPING_SECONDS * position / len(head) - time.monotonic())
            )
        used = gateway.processor_seconds() - used

    assert used < 0.4 * DRIPPING_SECONDS


def test_clients_that_never_read(gateway):
    with probed(gateway):
        for _ in range(150):
            gateway.connect(LARGE_ANSWER * 10, window=4096)


def test_an_invalid_head_is_refused_before_its_end(gateway):
    for sent, status in INVALID_HEADS:
        sock = gateway.connect()
        with contextlib.suppress(ConnectionError):  # the gateway can be first to close it
            sock.sendall(sent)
        answer = sock.recv(100)

        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), sent[:40]


def test_idle_connections_do_not_delay_the_stop(gateway):
    for _ in range(8):
        gateway.connect()
    assert gateway.status("/docs") == 200

    gateway.process.send_signal(signal.SIGTERM)

    assert gateway.process.wait(20) == 0  # an idle connection is kept for 75 s
