"""Clients that send or take too little: the threads are for the others."""

import contextlib
import select
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
import requests

from mare.processes.tcp_ports import free_port
from tests.vhost import eventually

THREADS = 4
SOON = 4.0
"""Seconds: more than a busy machine needs, less than any wait of the gateway's for a client."""

PROBE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
HALF_A_PROBE = PROBE[:-2]
LARGE_ANSWER = b"GET /docs/assets/js/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
ENDLESS_BODY = b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
HASTY = str(Path(__file__).with_name("hasty_gateway.py"))


class Gateway:
    """One gateway and connections to it. It needs no broker: probes do not."""

    def __init__(self, run, stack, *program):
        self.port = free_port()
        self._stack = stack
        self.process = run(
            self.port,
            *program,
            AMQP_URI="amqp://127.0.0.1:1/",
            GATEWAY_THREADS=str(THREADS),
            GATEWAY_MAX_IN_FLIGHT="3",
            GATEWAY_TIMEOUT="0.5",
        )
        eventually(lambda: self.answers(within=1.0))

    def answers(self, within=SOON):
        try:
            url = f"http://127.0.0.1:{self.port}/livez"
            return requests.get(url, timeout=within).status_code == 200
        except requests.RequestException:
            return False

    def connect(self, sent=b"", **options):
        sock = self._stack.enter_context(socket.socket())
        if "window" in options:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options["window"])
        sock.settimeout(20)
        sock.connect(("127.0.0.1", self.port))
        sock.sendall(sent)
        return sock


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def gateway(run_gateway, stack):
    return Gateway(run_gateway, stack)


@pytest.fixture
def hasty(run_gateway, stack):
    return Gateway(run_gateway, stack, HASTY)


def head_of_answer(sock):
    received = b""
    while b"\r\n\r\n" not in received:
        received += sock.recv(4096) or pytest.fail(f"closed after {received!r}")
    return received.decode()


def is_closed(sock):
    readable, _, _ = select.select([sock], [], [], 0)
    try:
        return bool(readable) and not sock.recv(1)
    except ConnectionError:
        return True


def test_requests_that_do_not_arrive_occupy_no_thread(gateway):
    silent = [gateway.connect() for _ in range(3 * THREADS)]
    half = [gateway.connect(HALF_A_PROBE) for _ in range(3 * THREADS)]

    assert gateway.answers()

    for sock in half:
        sock.sendall(b"\r\n")
    for sock in silent:
        sock.sendall(PROBE)
    for sock in silent + half:
        assert head_of_answer(sock).startswith("HTTP/1.1 200 ")


def test_the_worker_serves_any_application_of_gunicorn(run_gateway):
    port = free_port()
    worker = ("--worker-class", "mare_gateway.worker.Worker", "--threads", str(THREADS))
    address = ("--bind", f"127.0.0.1:{port}", "--no-control-socket")
    run_gateway(port, "-m", "gunicorn", *worker, *address, "wsgiref.simple_server:demo_app")

    def says():
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"http://127.0.0.1:{port}/", timeout=20).text
        return ""

    eventually(lambda: says().startswith("Hello world!"))


def test_a_request_may_come_octet_by_octet(gateway):
    sock = gateway.connect()
    for octet in PROBE:
        sock.sendall(bytes([octet]))

    assert head_of_answer(sock).startswith("HTTP/1.1 200 ")


def test_a_request_that_comes_too_slowly_is_given_up_and_a_client_that_may_still_ask_is_not(hasty):
    silent = hasty.connect()
    slow = hasty.connect(b"GET /livez HTTP/1.1\r\nX: ")

    def is_given_up():
        with contextlib.suppress(ConnectionError):
            slow.sendall(b"x")
        return is_closed(slow)

    eventually(is_given_up)
    silent.sendall(PROBE)

    assert head_of_answer(silent).startswith("HTTP/1.1 200 ")


def test_requests_sent_together_are_answered_one_after_the_other(gateway):
    sock = gateway.connect(PROBE * 20 + HALF_A_PROBE)

    received = b""
    while received.count(b"\r\n\r\nok\n") < 20:
        received += sock.recv(65536)
    sock.sendall(b"\r\n")

    assert head_of_answer(sock).startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * 70_000, "414"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, "431"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, "431"),
        (b"GET / HTTP/1.1\nHost: x\n\n", "400"),
        (b"\r\n\r\n", "400"),
    ],
)
def test_what_will_never_be_a_request_is_refused_without_its_end(gateway, sent, status):
    answer = head_of_answer(gateway.connect(sent))

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "application/problem+json" in answer


def test_clients_that_do_not_take_their_answers_are_cut_off(hasty):
    def one_that_takes_it_waits_for_those_that_do_not():
        for _ in range(THREADS):
            hasty.connect(LARGE_ANSWER * 10, window=4096)
        started = time.monotonic()
        assert hasty.answers(within=20)
        return time.monotonic() - started > 0.5

    eventually(one_that_takes_it_waits_for_those_that_do_not)


def test_clients_whose_body_never_ends_are_cut_off(hasty):
    senders = [hasty.connect(ENDLESS_BODY) for _ in range(THREADS)]
    answered = threading.Event()

    def send_on():
        while not answered.wait(0.1):
            for sock in senders:
                with contextlib.suppress(OSError):
                    sock.sendall(b"x")

    sending = threading.Thread(target=send_on)
    sending.start()
    try:
        assert hasty.answers(within=20)
    finally:
        answered.set()
        sending.join()


def test_clients_that_do_not_close_after_the_last_answer_hold_up_nobody(gateway):
    for _ in range(THREADS):
        gateway.connect(PROBE.replace(b"Host: x", b"Host: x\r\nConnection: close"))

    assert gateway.answers()


def test_clients_that_send_nothing_do_not_delay_the_end(gateway):
    for _ in range(THREADS):
        gateway.connect()
    gateway.answers()
    started = time.monotonic()

    gateway.process.send_signal(signal.SIGTERM)

    assert gateway.process.wait(20) == 0
    assert time.monotonic() - started < 10.0  # an idle connection is kept for 75 s
