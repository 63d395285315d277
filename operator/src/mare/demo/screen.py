"""The terminal of the demo: lines as in `mare local`, and below them one line of progress."""

import time
from collections.abc import Callable
from statistics import median
from typing import TextIO

from mare.demo.tally import Tally
from mare.demo.worker import STARTED, WAITED
from mare.local_run.terminal import Terminal, TerminalEvents

_CLEAR = "\r\x1b[K"
_SECONDS_BETWEEN_LINES = 10.0
"""Without a TTY, progress is a line of its own."""


class ProgressTerminal(Terminal):
    """A terminal with a line of progress, which stays the last one."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._line = ""
        self._next_line_at = 0.0

    def write(self, text: str = "") -> None:
        if self._line:
            super().write(f"{_CLEAR}{text}")
            self._draw()
        else:
            super().write(text)

    def progress(self, tally: Tally) -> None:
        """Replace the line of progress by one that fits the width of the terminal."""
        if self._stream.isatty():
            # A line that wraps cannot be cleared.
            self._line = tally.progress(self.columns)
            self._draw()
        elif tally.elapsed >= self._next_line_at:
            self._next_line_at = tally.elapsed + _SECONDS_BETWEEN_LINES
            self.write(tally.progress())

    def end_progress(self) -> None:
        """Keep the last line of progress where it is."""
        if self._line:
            self._line = ""
            self.write()

    def _draw(self) -> None:
        self._stream.write(f"{_CLEAR}{self._line}")
        self._stream.flush()


class WorkerEvents(TerminalEvents):
    """Counts the lines of the workers."""

    def __init__(
        self, terminal: Terminal, tally: Tally, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(terminal)
        self._tally = tally
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._starts: list[float] = []

    def running(self, names: set[str]) -> None:
        """Record the time at which each process is seen for the first time."""
        now = self._clock()
        self._seen = {name: self._seen.get(name, now) for name in names}

    @property
    def start_seconds(self) -> float:
        """Median time from the start of a process to its consumer; 1 s before the first one."""
        return median(self._starts) if self._starts else 1.0

    def wrote(self, name: str, line: str) -> None:
        word, _, value = line.partition(" ")
        if word == WAITED:
            self._tally.waits.append(float(value))
        elif word == STARTED:
            self._starts.append(self._clock() - self._seen.get(name, self._clock()))
        else:
            super().wrote(name, line)
