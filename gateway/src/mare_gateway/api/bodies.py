"""Bounds on the request bodies that are being received."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class BodyLimits:
    """Counts the threads that wait for bodies: at most `most`, and half as many for one client.

    The HTTP server has no time limit for a body, so that a client which sends half of one keeps
    its thread.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_client = max(1, most // 2)
        self._lock = threading.Lock()
        self._receiving: Counter[str] = Counter()

    @contextmanager
    def receive(self, client: str) -> Iterator[bool]:
        """Yield whether a body of `client` may be received while the block runs."""
        with self._lock:
            allowed = (
                self._receiving.total() < self._most
                and self._receiving[client] < self._most_of_client
            )
            if allowed:
                self._receiving[client] += 1
        try:
            yield allowed
        finally:
            if allowed:
                with self._lock:
                    self._receiving -= Counter((client,))  # forgets clients without a body
