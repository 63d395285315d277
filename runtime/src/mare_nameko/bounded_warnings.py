"""Warnings that may be caused thousands of times: a bounded number of lines."""

import time
from collections import Counter
from collections.abc import Callable
from logging import Logger

REPORT_SECONDS = 30.0


class BoundedWarnings:
    """Logs each warning once in 30 s, with the number of those that were left out before.

    Warnings with the same message are the same warning, whatever its arguments.
    """

    def __init__(self, log: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._quiet_until: dict[str, float] = {}
        self._omitted: Counter[str] = Counter()

    def warn(self, message: str, *args: object) -> None:
        now = self._clock()
        if now < self._quiet_until.get(message, now):
            self._omitted[message] += 1
            return
        self._quiet_until[message] = now + REPORT_SECONDS
        if omitted := self._omitted.pop(message, 0):
            self._log.warning(f"{message} (and %d times before)", *args, omitted)
        else:
            self._log.warning(message, *args)
