"""Delays between attempts to connect to the broker."""

import random
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field

STEADY_SECONDS = 10.0
"""A connection that lasts this long resets the delay."""


@dataclass(eq=False)
class Backoff:
    """Delays that double up to ``longest``, shortened at random so that pods do not coincide."""

    first: float = 0.5
    longest: float = 8.0
    _: KW_ONLY
    steady: float = STEADY_SECONDS
    draw: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    _connected_at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._delay = self.first

    def connected(self) -> None:
        self._connected_at = self.clock()

    def next_delay(self) -> float:
        connected_at, self._connected_at = self._connected_at, None
        if connected_at is not None and self.clock() - connected_at >= self.steady:
            self._delay = self.first
        delay = self._delay
        self._delay = min(self.longest, 2 * delay)
        return delay * (1 - self.draw() / 2)
