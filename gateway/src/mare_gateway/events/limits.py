"""Bounds on open streams, and the address of a client behind proxies."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mare_gateway.problems import Problem


class Refused(Exception):
    """Raised when a stream must not be opened; carries the problem to respond with."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class StreamLimits:
    def __init__(self, *, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._by_address: Counter[str] = Counter()

    @property
    def open(self) -> int:
        return self._by_address.total()

    @contextmanager
    def occupy(self, address: str) -> Iterator[None]:
        """Count a stream of `address` while the block runs; raise Refused at a bound."""
        if self.open >= self._most:
            raise Refused(_TOO_MANY)
        if self._by_address[address] >= self._most_per_address:
            raise Refused(_TOO_MANY_OF_ADDRESS)
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def client_address(peer: str, forwarded_for: Sequence[str], trusted_proxies: int) -> str:
    """Return the address of the client, from the header values that trusted proxies appended."""
    chain = [part.strip() for value in forwarded_for for part in value.split(",")]
    if trusted_proxies == 0 or len(chain) < trusted_proxies:
        return peer
    return chain[-trusted_proxies]


_TOO_MANY = Problem(
    status=503, code="overloaded", detail="Too many streams are open. Try again.", retry_after=5
)
_TOO_MANY_OF_ADDRESS = Problem(
    status=429,
    code="too_many_streams",
    detail="Too many streams are open from your address.",
    retry_after=5,
)
