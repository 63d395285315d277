"""A real HTTP server on 127.0.0.1 that plays one upstream, with its moods.

Tests choose what it does next with :meth:`FakeUpstream.plays`; without a choice it answers through
``play``, which an upstream's own module provides from the request.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as the upstream got it; parameters and form fields keep their last value."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


Behaviour = Callable[[ReceivedRequest, BaseHTTPRequestHandler], None]
"""Writes whatever it likes to ``handler.wfile``, or breaks ``handler.connection``."""


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def answering(answer: Answer) -> Behaviour:
    def behave(request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        send(handler, answer)

    return behave


def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, text in answer.headers.items():
        handler.send_header(name, text)
    if "Content-Length" not in answer.headers:
        handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    handler.wfile.write(answer.body)


class FakeUpstream:
    """One upstream; ``requests`` has every request so far, in order."""

    def __init__(self, url: str, play: Callable[[ReceivedRequest], Answer]) -> None:
        self.url = url
        self.requests: list[ReceivedRequest] = []
        self.over = threading.Event()
        self._play = play
        self._behaviours: list[Behaviour] = []
        self._standing: Behaviour | None = None

    def plays(self, *behaviours: Behaviour | Answer) -> None:
        """Behave so for the next requests; the last behaviour lasts until :meth:`recovers`."""
        chosen = [b if callable(b) else answering(b) for b in behaviours]
        self._behaviours, self._standing = chosen[:-1], chosen[-1]

    def recovers(self) -> None:
        """Answer as ever."""
        self._behaviours, self._standing = [], None

    def behave(self, request: ReceivedRequest, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(request)
        chosen = self._behaviours.pop(0) if self._behaviours else self._standing
        if chosen is None:
            send(handler, self._play(request))
        else:
            chosen(request, handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # of 5, the default, a burst of clients overflows into SYN retries
    upstream: FakeUpstream

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; that is what the tests make them do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        form = self.rfile.read(length).decode()
        request = ReceivedRequest(
            self.command,
            split.path,
            {name: values[-1] for name, values in parse_qs(split.query).items()},
            dict(self.headers),
            {name: values[-1] for name, values in parse_qs(form).items()},
        )
        self.server.upstream.behave(request, self)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Keep test output to what pytest says."""


@contextmanager
def upstream(play: Callable[[ReceivedRequest], Answer]) -> Iterator[FakeUpstream]:
    """Serve until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.upstream = FakeUpstream(f"http://127.0.0.1:{server.server_port}", play)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.upstream
    finally:
        server.upstream.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
