"""Probes for Kubernetes and the metrics, on a listener and in threads of their own.

They are served by the parent process, which handles no requests. So a client that occupies a
worker's threads cannot make a probe wait. The parent reads the workers' state from their metrics.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from mare_gateway.metrics import HEARTBEAT, READY

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
"""A worker that reports nothing for so long is stuck. A worker reports four times a second."""

_CLIENT_SECONDS = 5.0


class HealthApp:
    """WSGI application with /livez, /readyz and /metrics of all workers in ``registry``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._started = time.time()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        status, kind, body = self._answer(environ["PATH_INFO"])
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(status, [*headers, ("Cache-Control", "no-store")])
        return [body]

    def _answer(self, path: str) -> tuple[str, str, bytes]:
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path == "/livez":
            return _state(self._failure())
        if path == "/readyz":
            ready = self._registry.get_sample_value(READY) == 1
            return _state(self._failure() or ("" if ready else "not connected to the broker"))
        return "404 Not Found", "text/plain; charset=utf-8", b"/livez, /readyz or /metrics\n"

    def _failure(self) -> str:
        """Return why the gateway has to be restarted. Without a broker it has not."""
        heartbeat = self._registry.get_sample_value(HEARTBEAT) or self._started
        age = time.time() - heartbeat
        return f"no heartbeat of a worker for {age:.0f} s" if age > HEARTBEAT_SECONDS else ""


def _state(failure: str) -> tuple[str, str, bytes]:
    status = "503 Service Unavailable" if failure else "200 OK"
    return status, "text/plain; charset=utf-8", f"{failure or 'ok'}\n".encode()


class HealthServer(ThreadingMixIn, WSGIServer):
    """Serves HealthApp; a slow client occupies only the thread of its own connection.

    Raises OSError if the port is taken. Port 0 takes a free one.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = family(host)
        super().__init__((host, port), _Handler)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        self.set_app(HealthApp(registry))

    def start(self) -> None:
        """Begin to answer, in a thread of its own."""
        log.info("Serving probes and metrics on port %d", self.server_port)
        threading.Thread(target=self.serve_forever, name="health", daemon=True).start()


def family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class _Handler(WSGIRequestHandler):
    timeout = _CLIENT_SECONDS

    def log_message(self, *_: Any) -> None:
        """Write nothing: a probe comes every second."""
