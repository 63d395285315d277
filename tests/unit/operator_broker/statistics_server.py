"""A local HTTP server with responses of the management API and of Prometheus."""

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import trustme

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.management import ManagementStatistics
from mare.broker.networks import ANY_NETWORK
from mare.broker.prometheus import PrometheusStatistics
from mare.broker.queue_statistics import QueueStatistics, Statistics, StatisticsSource

SOURCES = [ManagementStatistics, PrometheusStatistics]
MIB = 2**20


@dataclass
class FakeServer:
    """Returns the same response to each request for a path, and [] for other paths."""

    bodies: Mapping[str, bytes] = field(default_factory=dict)
    status: int = 200
    statuses: Mapping[str, int] = field(default_factory=dict)
    """The status of single paths."""
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    requested: list[str] = field(default_factory=list)
    uri: str = ""


@contextmanager
def serve(server: FakeServer) -> Iterator[FakeServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            server.requested.append(path)
            body = server.bodies.get(path, b"[]")
            self.send_response(server.statuses.get(path, server.status))
            self.send_header("Content-Length", str(len(body)))
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True  # The client refuses the rest.

        def log_message(self, *_: object) -> None:
            """Write no log."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    if server.tls is not None:
        http.socket = server.tls.wrap_socket(http.socket, server_side=True)
    server.uri = f"{'https' if server.tls else 'http'}://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@asynccontextmanager
async def tcp_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    scheme: str = "http://",
) -> AsyncIterator[str]:
    """Yield the URI of a server that handles each connection so."""
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"{scheme}127.0.0.1:{server.sockets[0].getsockname()[1]}"


def fetch(kind: type, server: FakeServer, vhost: str = "/") -> Mapping[str, QueueStatistics]:
    return sample(kind, server, vhost).queues


def sample(kind: type, server: FakeServer, vhost: str = "/") -> Statistics:
    async def request(uri: str) -> Statistics:
        source: StatisticsSource = kind(uri, ConnectionParameters(networks=ANY_NETWORK))
        try:
            return await source.fetch(vhost, 7.0)
        finally:
            await source.close()

    with serve(server):
        return asyncio.run(request(server.uri))


def untrusted() -> FakeServer:
    """Return a server with a certificate of an authority that no client knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return FakeServer(tls=context)


def same_for_all(body: bytes, **fields: Any) -> FakeServer:
    paths = ["/api/queues/%2F", "/api/consumers/%2F", "/api/vhosts/%2F/channels"]
    return FakeServer(dict.fromkeys([*paths, "/metrics/detailed"], body), **fields)


def management_of(
    queues: list[dict], consumers: list[dict] | None = None, channels: list[dict] | None = None
) -> FakeServer:
    return FakeServer(
        {
            "/api/queues/%2F": json.dumps(queues).encode(),
            "/api/consumers/%2F": json.dumps(consumers or []).encode(),
            "/api/vhosts/%2F/channels": json.dumps(channels or []).encode(),
        }
    )


def consumer(channel: str, prefetch: int, **details: Any) -> dict:
    found = {"name": channel, "peer_host": "10.0.0.1", "peer_port": 4000, **details}
    return {"queue": {"name": "work"}, "prefetch_count": prefetch, "channel_details": found}


WORK = {"name": "work", "messages_ready": 3, "messages_unacknowledged": 2, "consumers": 1}
