"""Causes faults one step after the other, and waits until work goes on in between."""

import threading
import time
from collections.abc import Callable, Iterable

from urllib3.exceptions import HTTPError

from mare.processes.command import CommandFailed
from tests.load.chaos.faults import Fault
from tests.load.chaos.works import Window

SETTLED_SECONDS = 30.0
"""After which the next fault comes, although work does not go on yet."""


class Chaos(threading.Thread):
    """Causes each step for its time; `windows` has when each was.

    Args:
        works: whether what was submitted after a time is done.
        every: seconds from a step to the next; after a step that took longer, the next ones come
            sooner.
    """

    def __init__(
        self,
        steps: Iterable[tuple[Fault, ...]],
        works: Callable[[float], bool],
        every: float,
        log: Callable[[str], None],
    ) -> None:
        super().__init__(daemon=True)
        self._steps, self._works, self._every, self._log = steps, works, every, log
        self._over = threading.Event()
        self._times: list[tuple[str, str, float, float]] = []
        self._not_caused: set[float] = set()
        """When the steps began of which a fault could not be caused, or not be ended."""
        self.reached: set[str] = set()
        """Names of the faults whose time came in any round."""
        self.failed: dict[str, str] = {}
        """Faults that could not be caused, or not be ended, with the last reason."""

    def run(self) -> None:
        next_at = time.monotonic()
        for step in self._steps:
            next_at += self._every
            name = " and ".join(each.name for each in step)
            self._log(f"fault: {name}")
            began = time.time()
            if not self._cause(step):
                self._not_caused.add(began)
            ended = time.time()
            promise = "; ".join(dict.fromkeys(each.promise for each in step))
            self._times.append((name, promise, began, ended))
            settled = time.monotonic() + SETTLED_SECONDS
            while not self._works(ended) and time.monotonic() < settled:
                if self._over.wait(1):
                    return
            self._log(f"    work goes on {time.time() - ended:.0f} s after it")
            if self._over.wait(max(0.0, next_at - time.monotonic())):
                return

    def _cause(self, step: tuple[Fault, ...]) -> bool:
        """Return whether all faults of the step were caused and ended."""
        done = []
        try:
            done += [self._try(fault, fault.begin) for fault in step]
            self._over.wait(max(fault.seconds for fault in step))
        finally:
            done += [self._try(fault, fault.end) for fault in step]
        return all(done)

    def _try(self, fault: Fault, act: Callable[[], None]) -> bool:
        try:
            act()
        except (CommandFailed, OSError, LookupError, HTTPError) as error:
            self._log(f"    {fault.name}: {error!r}"[:300])
            if self._over.is_set() and act == fault.begin:
                return False  # it waited for a Pod until the end
            self.failed[fault.name] = repr(error)[:300]
            done = False
        else:
            done = True
        if act == fault.begin:
            self.reached.add(fault.name)
        return done

    def stop(self) -> None:
        self._over.set()
        self.join()

    def windows(self, end: float) -> list[Window]:
        """Return the time of each step that was caused, until the next step or `end`."""
        untils = [*(began for _, _, began, _ in self._times[1:]), end]
        return [
            Window(name, promise, began, ended, until)
            for (name, promise, began, ended), until in zip(self._times, untils, strict=True)
            if began not in self._not_caused
        ]
