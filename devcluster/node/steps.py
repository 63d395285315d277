"""A step, the time that it took, and what a person reads of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Steps:
    """Times steps; ``say`` gets one line for each when it is done."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._say(f"{time.monotonic() - start:5.1f} s  {name}")
