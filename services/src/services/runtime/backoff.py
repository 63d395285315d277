"""How long to wait before the next attempt to reach the broker."""

import random
from collections.abc import Callable

FIRST_SECONDS = 0.5
LAST_SECONDS = 8.0


class Backoff:
    """Delays that double from half a second to eight, each shortened by up to a half.

    The random part keeps a fleet that lost its broker in one moment from coming back in one.
    """

    def __init__(self, draw: Callable[[], float] = random.random) -> None:
        self._draw = draw
        self._delay = FIRST_SECONDS

    def next_delay(self) -> float:
        """Return the seconds to wait now; the next answer is twice as long."""
        delay = self._delay
        self._delay = min(LAST_SECONDS, 2 * delay)
        return delay * (1 - self._draw() / 2)

    def reset(self) -> None:
        """Begin again with the shortest delay."""
        self._delay = FIRST_SECONDS
