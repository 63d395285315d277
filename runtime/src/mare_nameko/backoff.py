"""How long to wait before the next attempt to reach the broker."""

import random
import time
from collections.abc import Callable

FIRST_SECONDS = 0.5
LAST_SECONDS = 8.0

STEADY_SECONDS = 10.0
"""How long a connection has to last before its end counts as a first failure."""


class Backoff:
    """Delays that double from half a second to eight, each shortened by up to a half.

    The random part keeps a fleet that lost its broker in one moment from coming back in one.
    """

    def __init__(
        self,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draw = draw
        self._clock = clock
        self._delay = FIRST_SECONDS
        self._connected_at: float | None = None

    def connected(self) -> None:
        """Note a success: if it lasts, the next delay is the shortest again."""
        self._connected_at = self._clock()

    def next_delay(self) -> float:
        """Return the seconds to wait now; the next answer is twice as long."""
        connected_at, self._connected_at = self._connected_at, None
        if connected_at is not None and self._clock() - connected_at >= STEADY_SECONDS:
            self._delay = FIRST_SECONDS
        delay = self._delay
        self._delay = min(LAST_SECONDS, 2 * delay)
        return delay * (1 - self._draw() / 2)
