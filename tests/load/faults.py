"""Causes faults in turn while jobs are submitted."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping


class Faults(threading.Thread):
    """Causes one fault after the other until it is stopped; `counts` has how often each.

    Args:
        causes: each ends a part, and starts it again if nothing else does.
        every: seconds between two faults.
        log: gets a line for each.
    """

    def __init__(
        self, causes: Mapping[str, Callable[[], None]], every: float, log: Callable[[str], None]
    ) -> None:
        super().__init__(daemon=True)
        self._causes = list(causes.items())
        self._every = every
        self._log = log
        self._over = threading.Event()
        self.counts = Counter[str]()

    def run(self) -> None:
        number = 0
        while not self._over.wait(self._every):
            fault, cause = self._causes[number % len(self._causes)]
            number += 1
            cause()
            self.counts[fault] += 1
            self._log(f"fault: {fault}")

    def stop(self) -> None:
        self._over.set()
        self.join()
