"""What the management API and the Prometheus plugin answer is bounded, and is not trusted."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mare.broker import management
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.management import ManagementStatistics
from mare.broker.prometheus import PrometheusStatistics
from mare.broker.queue_statistics import Statistics, StatisticsSource
from mare.ports import AccessRefused

SOURCES = [ManagementStatistics, PrometheusStatistics]


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """A broker that has one answer for all questions."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True  # it was too much

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetch(kind: type, body: bytes, status: int = 200) -> Statistics:
    async def ask(uri: str) -> Statistics:
        source: StatisticsSource = kind(uri, ConnectionParameters())
        try:
            return await source.fetch("/", 7.0)
        finally:
            await source.close()

    with answering(body, status) as uri:
        return asyncio.run(ask(uri))


@pytest.mark.parametrize(
    ("kind", "limit", "told"),
    [(ManagementStatistics, 8, "more than 8 MiB"), (PrometheusStatistics, 32, "more than 32 MiB")],
)
def test_an_answer_that_would_take_all_memory_is_not_taken_in(kind, limit, told):
    with pytest.raises(OSError, match=told):
        fetch(kind, b" " * (limit * 2**20 + 1))


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"<html>", "something else than JSON"), (b"{}", "something else than a list")],
)
def test_an_answer_of_another_kind_is_told(body, told):
    with pytest.raises(OSError, match=told):
        fetch(ManagementStatistics, body)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_password_that_is_refused_is_told_apart_from_a_failure(kind):
    with pytest.raises(AccessRefused, match="refuses the user"):
        fetch(kind, b"", 401)
    with pytest.raises(OSError, match="status 500"):
        fetch(kind, b"", 500)


def test_an_answer_is_understood_while_the_loop_goes_on(monkeypatch: pytest.MonkeyPatch):
    threads = []
    join = management._joined

    def joined(*bodies: bytes) -> object:
        threads.append(threading.current_thread())
        return join(*bodies)

    monkeypatch.setattr(management, "_joined", joined)

    assert fetch(ManagementStatistics, b"[]").queues == {}
    assert threading.main_thread() not in threads
    assert threads
