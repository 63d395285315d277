"""The time that is left for a request."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import eventlet
from eventlet import patcher

Clock = Callable[[], float]
"""Returns monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that are left until ``deadline`` on ``clock``."""

    deadline: float
    clock: Clock

    @classmethod
    def of(cls, seconds: float, clock: Clock = time.monotonic) -> Self:
        return cls(clock() + seconds, clock)

    def left(self) -> float:
        return max(0.0, self.deadline - self.clock())

    def at_most(self, seconds: float) -> "Budget":
        return Budget(min(self.deadline, self.clock() + seconds), self.clock)


@contextmanager
def enforced(budget: Budget) -> Iterator[None]:
    """Raise ``TimeoutError`` inside the block as soon as the budget is spent.

    Socket timeouts bound the pause between two bytes, but neither the sum nor the resolver. Under
    eventlet the hub can interrupt every wait. Without eventlet the block must check the budget.
    """
    if not patcher.is_monkey_patched("socket"):
        yield
        return
    timer = eventlet.Timeout(budget.left())
    try:
        yield
    except eventlet.Timeout as timeout:
        if timeout is not timer:
            raise
        raise TimeoutError from None
    finally:
        timer.cancel()
