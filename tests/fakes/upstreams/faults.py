"""Everything that an upstream is known to do wrong, whatever its API."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.fakes.upstreams.server import Answer, Behaviour, FakeUpstream, ReceivedRequest, as_json

HTML = b"<!doctype html><html><body><h1>502 Bad Gateway</h1>secret-of-the-upstream</body></html>"


def slow(upstream: FakeUpstream) -> Behaviour:
    """Take the request and say nothing until the test is over."""

    def behave(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        upstream.over.wait(300)
        handler.close_connection = True

    return behave


def dripping_body(upstream: FakeUpstream) -> Behaviour:
    """Send a byte of the body ten times a second, so that no pause is ever a time-out."""

    def behave(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "10000")
        handler.end_headers()
        while not upstream.over.wait(0.1):
            handler.wfile.write(b" ")
        handler.close_connection = True

    return behave


def dripping_headers(upstream: FakeUpstream) -> Behaviour:
    """Send a byte of the headers ten times a second."""

    def behave(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not upstream.over.wait(0.1):
            handler.wfile.write(b"x")

    return behave


def endless_interim_responses(upstream: FakeUpstream) -> Behaviour:
    """Send responses 100 as fast as they are read."""

    def behave(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        while not upstream.over.is_set():
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    return behave


def endless_trailers(upstream: FakeUpstream) -> Behaviour:
    """Send fields after the last chunk as fast as they are read."""

    def behave(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
        )
        while not upstream.over.is_set():
            handler.wfile.write(b"X-More: x\r\n" * 1000)

    return behave


def empty_deflate_blocks(upstream: FakeUpstream) -> Behaviour:
    """Send compressed blocks without content as fast as they are read."""

    def behave(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n\x78\x9c")
        while not upstream.over.is_set():
            handler.wfile.write(b"\x00\x00\x00\xff\xff" * 1000)

    return behave


def reset(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
    """Break the connection with a RST instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def truncated(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "10000")
    handler.end_headers()
    handler.wfile.write(b'{"current": {"temperature_2m": 2')
    handler.close_connection = True


UNAUTHORIZED = as_json({"message": "Invalid API key secret-of-the-upstream"}, 401)
FORBIDDEN_IN_WORDS = Answer(403, b"Active premium subscription required secret-of-the-upstream")
LIMITED_SHORTLY = as_json({"error": True}, 429, Retry_After="3")
LIMITED_FOR_A_DAY = as_json({"error": True}, 429, Retry_After="86400")
LIMITED_WITHOUT_END = as_json({"error": True, "reason": "Minutely limit exceeded."}, 429)
BROKEN_IN_HTML = Answer(500, HTML, {"Content-Type": "text/html"})
HTML_WITH_STATUS_200 = Answer(200, HTML, {"Content-Type": "text/html"})
CUT_JSON = Answer(200, b'{"current": {"temperature_2m": 2')
EMPTY = Answer(200, b"")
NULL = Answer(200, b"null")
AN_ARRAY = Answer(200, b'[{"current": {}}, {"current": {}}]')
DEEP = Answer(200, b"[" * 100_000)
HUGE = Answer(200, b'{"x": "' + b"x" * 8_000_000 + b'"}')
ELSEWHERE = Answer(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"})

EVERY_FAULT: dict[str, Callable[[FakeUpstream], Behaviour | Answer]] = {
    "slow": slow,
    "dripping body": dripping_body,
    "reset": lambda upstream: reset,
    "truncated": lambda upstream: truncated,
    "401": lambda upstream: UNAUTHORIZED,
    "403 in plain text": lambda upstream: FORBIDDEN_IN_WORDS,
    "429 for 3 seconds": lambda upstream: LIMITED_SHORTLY,
    "429 for a day": lambda upstream: LIMITED_FOR_A_DAY,
    "429 without end": lambda upstream: LIMITED_WITHOUT_END,
    "500 in HTML": lambda upstream: BROKEN_IN_HTML,
    "200 in HTML": lambda upstream: HTML_WITH_STATUS_200,
    "cut JSON": lambda upstream: CUT_JSON,
    "empty": lambda upstream: EMPTY,
    "null": lambda upstream: NULL,
    "an array": lambda upstream: AN_ARRAY,
    "deeply nested": lambda upstream: DEEP,
    "huge": lambda upstream: HUGE,
    "redirect": lambda upstream: ELSEWHERE,
}
"""By name, for ``pytest.mark.parametrize``: what to pass to ``upstream.plays``."""

ONE_OF_EACH_ERROR = ("slow", "401", "429 for a day", "cut JSON")
"""Names of faults, for code that sees nothing of a fault but the error of the client."""


@contextmanager
def closed_port() -> Iterator[str]:
    """Yield the base URL of a port on which no server listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def black_hole() -> Iterator[str]:
    """Yield the base URL of a port whose backlog is full: connecting to it never ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for client in waiting:
                client.close()


@contextmanager
def silent_resolver() -> Iterator[int]:
    """Yield the port of a name server that takes queries and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]
