"""What a long measurement says while it runs, and what ends one run of it but not all."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from urllib3.exceptions import HTTPError

from mare.processes.command import CommandFailed

FAILURES = (CommandFailed, AssertionError, OSError, ValueError, LookupError, HTTPError)
"""A Job that takes too long, a condition that is not met, an API server or a Pod that is away."""


def log(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


@contextmanager
def progress(
    title: str, seconds: float, write: Callable[[str], None] = log, every: float = 60.0
) -> Iterator[None]:
    """Write a line a minute in the ``with`` block: a run takes up to an hour."""
    over, began = threading.Event(), time.monotonic()

    def report() -> None:
        while not over.wait(every):
            passed = (time.monotonic() - began) / 60
            write(f"    {title}: {passed:.0f} min, of which the load takes {seconds / 60:.0f}")

    thread = threading.Thread(target=report)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
