"""Bounds on what clients occupy at a time: threads that receive bodies, and streams."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Occupied(Exception):
    """Raised at a bound: that of one client, or that of all together."""

    def __init__(self, *, by_client: bool) -> None:
        super().__init__()
        self.by_client = by_client


class Occupancy:
    """Counts what is in use: at most `most`, and `most_of_client` by one client."""

    def __init__(self, *, most: int, most_of_client: int) -> None:
        self._most = most
        self._most_of_client = most_of_client
        self._lock = threading.Lock()
        self._by_client: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self._by_client.total()

    @contextmanager
    def occupy(self, client: str) -> Iterator[None]:
        """Count one more of `client` while the block runs; raise Occupied at a bound."""
        with self._lock:
            if self.total >= self._most:
                raise Occupied(by_client=False)
            if self._by_client[client] >= self._most_of_client:
                raise Occupied(by_client=True)
            self._by_client[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._by_client[client] -= 1
                if not self._by_client[client]:
                    del self._by_client[client]
