"""The clock of the operator's decisions."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts the time for which a machine is suspended, on systems that have such a clock."""


class SteadyClock:
    """Implements `mare.ports.Clock`: continues the system time of its start.

    A machine without a battery starts with a wrong time, which is set seconds later. Windows
    measure intervals and must not notice that; schedules and statuses use the time of the system.
    """

    def __init__(self) -> None:
        self._start = time.time() - time.clock_gettime(_CLOCK)
        self._offset = 0.0

    def __call__(self) -> float:
        return self._start + time.clock_gettime(_CLOCK)

    @property
    def offset(self) -> float:
        """Whole seconds; the same until the system clock is a second away from it."""
        offset = time.time() - self()
        if abs(offset - self._offset) >= 1.0:
            self._offset = float(round(offset))
        return self._offset
