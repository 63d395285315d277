"""The memory that calls take."""

import tracemalloc
from collections.abc import Callable


def peak_mib(call: Callable[[], object]) -> float:
    """Return what a call takes at most."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
