"""The clock of the operator's decisions."""

import time

from mare.ports import Clock

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts the time for which a machine is suspended, on systems that have such a clock."""


def steady_clock() -> Clock:
    """Return a clock that shows the system time of now and then counts seconds.

    Setting the system time does not change a stabilization window or the duration of a Lease.
    """
    start = time.time() - time.clock_gettime(_CLOCK)
    return lambda: start + time.clock_gettime(_CLOCK)
