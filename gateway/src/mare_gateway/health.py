"""Probes for Kubernetes and the metrics, on a listener and in threads of their own.

They are served by the parent process, which handles no requests. So a client that occupies a
worker's threads cannot make a probe wait. The parent reads the workers' state from their metrics.
"""

import logging
import socket
import threading
import time
from contextlib import suppress
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from mare_gateway.listeners import address, family
from mare_gateway.metrics import HEARTBEAT, READY
from mare_nameko.health_app import HealthApp

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
"""A worker that reports nothing for so long is stuck. A worker reports four times a second."""

_CLIENT_SECONDS = 5.0
"""Time for a request and its response."""

_CONNECTIONS = 32
"""Connections at a time. One more ends the oldest."""

_NOT_READY = "not connected to the broker, or the broker is in alarm and takes no messages"


class HealthChecks:
    """Checks of all workers, by their metrics in ``registry``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._started = time.time()

    def liveness_failures(self) -> list[str]:
        """Return why the gateway has to be restarted. Without a broker it has not."""
        heartbeat = self._registry.get_sample_value(HEARTBEAT) or self._started
        age = time.time() - heartbeat
        return [f"no heartbeat of a worker for {age:.0f} s"] if age > HEARTBEAT_SECONDS else []

    def readiness_failures(self) -> list[str]:
        is_ready = self._registry.get_sample_value(READY) == 1
        return self.liveness_failures() or ([] if is_ready else [_NOT_READY])

    def app(self) -> HealthApp:
        return HealthApp(self.liveness_failures, self.readiness_failures, self._registry)


class HealthServer(ThreadingMixIn, WSGIServer):
    """Serves probes and metrics; a slow client occupies only its thread. Port 0: a free one."""

    daemon_threads = True
    request_queue_size = 128
    """The default of 5 makes a probe behind a burst of connections wait for a second SYN."""

    def __init__(self, host: str, port: int, *, seconds: float = _CLIENT_SECONDS) -> None:
        host = address(host)
        self.address_family = family(host)
        self._seconds = seconds
        self._started: dict[socket.socket, float] = {}
        """When each connection was accepted, oldest first."""
        super().__init__((host, port), _Handler)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        self.set_app(HealthChecks(registry).app())

    def start(self) -> None:
        log.info("Serving probes and metrics on port %d", self.server_port)
        threading.Thread(target=self.serve_forever, name="health", daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self._started) >= _CONNECTIONS:
            self._end(list(self._started)[0])  # noqa: RUF015  threads remove others meanwhile
        self._started[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """End the connections that are late; `serve_forever` calls it twice a second."""
        late = time.monotonic() - self._seconds
        for request, started in list(self._started.items()):
            if started <= late:
                self._end(request)

    def shutdown_request(self, request: Any) -> None:
        self._started.pop(request, None)
        super().shutdown_request(request)

    def _end(self, request: socket.socket) -> None:
        self._started.pop(request, None)
        with suppress(OSError):  # the client was first
            request.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Write nothing: a probe comes every second."""
