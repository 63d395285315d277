"""Bounds on the streams that clients have open at a time."""

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
    """Counts what is in use: at most `limit`, and `limit_per_client` by one client."""

    def __init__(self, *, limit: int, limit_per_client: int) -> None:
        self._limit = limit
        self._limit_per_client = limit_per_client
        self._lock = threading.Lock()
        self._by_client: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self._by_client.total()

    @contextmanager
    def occupy(self, client: str) -> Iterator[None]:
        """Count one more of `client` while the block runs; raise Occupied at a bound."""
        with self._lock:
            if self.total >= self._limit:
                raise Occupied(by_client=False)
            if self._by_client[client] >= self._limit_per_client:
                raise Occupied(by_client=True)
            self._by_client[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._by_client[client] -= 1
                if not self._by_client[client]:
                    del self._by_client[client]
