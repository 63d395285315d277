"""Liveness, readiness and metrics over HTTP.

The server runs in the event loop of the workers. A handler that blocks the loop blocks the probes
too, and the kubelet restarts the pod.
"""

import socket
import time
from collections.abc import Callable, Iterator
from logging import getLogger
from typing import Any

import eventlet
from eventlet import wsgi

from mare_nameko.health_app import HealthApp
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.container import Container
from mare_nameko.service.publisher import Publisher

_log = getLogger(__name__)

CONNECTIONS = 16
SOCKET_SECONDS = 5.0
LONGEST_URL = 512

REFUSED_SECONDS = 60.0
"""A container that starts again reads user and password anew from its Secret, which may have been
changed since: a replica that starts during a change of passwords would be refused for ever."""
STUCK_SECONDS = 60.0
"""Longest iteration of the consuming loop: it waits up to 10 s for each address of the broker."""


class HealthChecks:
    """Checks of one container.

    Liveness does not depend on whether the broker can be reached: a restart does not change that.
    """

    def __init__(self, container: Container, clock: Callable[[], float] = time.monotonic) -> None:
        self._container = container
        self._clock = clock
        self.started = False
        self.stopping = False

    def liveness_failures(self) -> list[str]:
        """Return why the process must be restarted; empty if it is alive."""
        failures = []
        if self._container.has_died and not self.stopping:
            failures.append("the container has died")
        refused = self._container.outage_log.refused_seconds
        if refused > REFUSED_SECONDS:
            failures.append(f"the broker has refused user or password for {refused:.0f} s")
        for consumer in self._consumers():
            idle = 0.0 if consumer.last_tick is None else self._clock() - consumer.last_tick
            if idle > STUCK_SECONDS:
                failures.append(f"the consuming loop has been stuck for {idle:.0f} s")
        return failures + [text for each in self._loops() for text in each.liveness_failures()]

    def readiness_failures(self) -> list[str]:
        """Return why the process cannot take work; empty if it is ready."""
        if self.stopping:
            return ["stopping"]
        failures = [] if self.started else ["starting"]
        if not all(connection.connected for connection in self._connections()):
            failures.append("not connected to the broker")
        if any(each.blocked for each in self._connections() if isinstance(each, Publisher)):
            failures.append("the broker is in alarm and takes no messages")
        failures += [
            f"the queue {provider.queue.name} {attempt.reason}"
            for consumer in self._consumers()
            for provider, attempt in consumer.unconsumed.items()
        ]
        return failures + self.liveness_failures()

    def _consumers(self) -> Iterator[Any]:
        return (each for each in self._connections() if isinstance(each, QueueConsumer))

    def _loops(self) -> Iterator[Any]:
        return (each for each in self._container.dependencies if hasattr(each, "liveness_failures"))

    def _connections(self) -> Iterator[Any]:
        extensions = self._container.subextensions
        return (each for each in extensions if isinstance(each, QueueConsumer | Publisher))


def serve_health(app: HealthApp, host: str, port: int) -> int:
    """Serve ``app`` in a green thread and return the port. Raises OSError if the port is in use.

    An empty ``host`` means all addresses, of IPv6 and IPv4 if the machine has both.
    """
    host = host or ("::" if socket.has_dualstack_ipv6() else "0.0.0.0")  # noqa: S104
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = eventlet.listen((host, port), family, reuse_port=False)
    eventlet.spawn(
        wsgi.server,
        listener,
        app,
        log_output=False,
        debug=False,
        keepalive=False,
        max_size=CONNECTIONS,
        socket_timeout=SOCKET_SECONDS,
        url_length_limit=LONGEST_URL,
        log=getLogger("eventlet.wsgi"),
    )
    bound: int = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    _log.info("Serving health and metrics at http://%s:%d", shown, bound)
    return bound
