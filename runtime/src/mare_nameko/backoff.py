"""Delays between attempts to connect to the broker."""

import random
import time
from collections.abc import Callable

STEADY_SECONDS = 10.0
"""A connection that lasts this long resets the delay."""


class Backoff:
    """Delays that double from ``first`` to ``longest`` seconds, each shortened by up to a half.

    The jitter keeps the pods that lost the broker together from reconnecting together.

    Args:
        first: shortest delay, in seconds.
        longest: longest delay, in seconds.
        steady: seconds that a connection has to last to reset the delay.
        draw: returns a number from 0 to 1.
        clock: returns seconds of a monotonic clock.
    """

    def __init__(
        self,
        first: float = 0.5,
        longest: float = 8.0,
        *,
        steady: float = STEADY_SECONDS,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = first
        self._longest = longest
        self._steady = steady
        self._draw = draw
        self._clock = clock
        self._delay = first
        self._connected_at: float | None = None

    def connected(self) -> None:
        """Record that a connection was made."""
        self._connected_at = self._clock()

    def next_delay(self) -> float:
        """Return the seconds to wait before the next attempt."""
        connected_at, self._connected_at = self._connected_at, None
        if connected_at is not None and self._clock() - connected_at >= self._steady:
            self._delay = self._first
        delay = self._delay
        self._delay = min(self._longest, 2 * delay)
        return delay * (1 - self._draw() / 2)
