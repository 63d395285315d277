"""The time by which the operator decides."""

import time

from mare.ports import Clock

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Runs on while a machine sleeps, where there is such a clock."""


def steady_clock() -> Clock:
    """Seconds since the epoch as of the start, and from then on as many as have passed.

    Whoever sets the clock of the machine, windows neither end early nor last an hour longer.
    """
    start = time.time() - time.clock_gettime(_STEADY)
    return lambda: start + time.clock_gettime(_STEADY)
