"""The clock of the operator's decisions."""

import time

from mare.ports import Clock

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts the time for which a machine is suspended, on systems that have such a clock."""


def steady_clock() -> Clock:
    """Return a clock that continues the system time of now, whatever that is set to later."""
    start = time.time() - time.clock_gettime(_CLOCK)
    return lambda: start + time.clock_gettime(_CLOCK)
