"""Whether the process lives and whether it can take work, told from its inside.

Alive does not mean that the broker is there: no restart brings it back. Alive means that the
container runs and that its consuming loop turns. That the question is answered at all shows that
the green threads get their turns.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.container import Container
from mare_nameko.service.publisher import Publisher

STUCK_SECONDS = 60.0
"""Longest turn of the consuming loop: it waits up to ten seconds for each address of a broker."""


class HealthChecks:
    """Answers for one container."""

    def __init__(self, container: Container, clock: Callable[[], float] = time.monotonic) -> None:
        self._container = container
        self._clock = clock
        self.started = False
        self.stopping = False

    def liveness_failures(self) -> list[str]:
        """Return why the process should be restarted; empty if it lives."""
        found = []
        if self._container.has_died and not self.stopping:
            found.append("the container has died")
        for consumer in self._consumers():
            still = 0.0 if consumer.last_tick is None else self._clock() - consumer.last_tick
            if still > STUCK_SECONDS:
                found.append(f"the consuming loop has stood still for {still:.0f} s")
        return found

    def readiness_failures(self) -> list[str]:
        """Return why the process cannot take work now; empty if it can."""
        if self.stopping:
            return ["stopping"]
        found = [] if self.started else ["starting"]
        if not all(connection.connected for connection in self._connections()):
            found.append("not connected to the broker")
        if any(one.blocked for one in self._connections() if isinstance(one, Publisher)):
            found.append("the broker is in alarm and takes no messages")
        return found + self.liveness_failures()

    def _consumers(self) -> Iterator[Any]:
        return (one for one in self._connections() if isinstance(one, QueueConsumer))

    def _connections(self) -> Iterator[Any]:
        extensions = self._container.subextensions
        return (one for one in extensions if isinstance(one, QueueConsumer | Publisher))
