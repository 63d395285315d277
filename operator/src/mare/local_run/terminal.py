"""What a person sees on the terminal: one line for each thing that happens, with its time."""

import contextlib
import logging
import os
import sys
import time
import zlib
from typing import TextIO

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_STRONG = 1


class Terminal:
    """Shows lines with the seconds since it was made; colours names if it is a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colours = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._began = time.monotonic()

    def show(self, who: str, what: str) -> None:
        """Show that ``who`` did ``what``."""
        group = who.rpartition("-")[0] or who
        colour = _COLOURS[zlib.crc32(group.encode()) % len(_COLOURS)]
        passed = time.monotonic() - self._began
        self.write(f"{passed:7.1f} s  {self._painted(f'{who:<11}', colour)} {what}")

    def highlight(self, who: str, what: str) -> None:
        """Show what stands out among the lines of programs."""
        self.show(who, self._painted(what, _STRONG))

    def _painted(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text

    def write(self, text: str = "") -> None:
        with contextlib.suppress(OSError):  # a closed terminal is no reason to stop
            print(text, file=self._stream, flush=True)


class TerminalEvents:
    """Implements `mare.processes.Events`: every line is shown."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def wrote(self, name: str, line: str) -> None:
        self._terminal.show(name, line)

    def ended(self, name: str, code: int, again_in: float) -> None:
        self._terminal.highlight(name, describe_exit(code, again_in))


def describe_exit(code: int, again_in: float) -> str:
    """A sentence on a process that ended although nobody asked."""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"{how}; starts again in {again_in:g} s"


def log_to_terminal(terminal: Terminal) -> None:
    """Show what the autoscaler itself has to complain about."""
    logging.basicConfig(level=logging.WARNING, handlers=[_TerminalHandler(terminal)], force=True)
    logging.getLogger("aiormq").setLevel(logging.ERROR)  # every interrupted call is a warning


class _TerminalHandler(logging.Handler):
    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.WARNING)
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        error = getattr(record, "error", "") or (record.exc_info and record.exc_info[1]) or ""
        self._terminal.show("mare", f"{record.getMessage()}{f' ({error})' if error else ''}")
