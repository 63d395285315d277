"""Reports how long each step of the start takes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Steps:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._say(f"{time.monotonic() - start:5.1f} s  {name}")
