"""The terminal of `mare local`: one line for each event, with its time."""

import contextlib
import logging
import os
import sys
import textwrap
import time
import zlib
from collections.abc import Collection, Mapping
from typing import Any, TextIO

from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.custom_resource.condition import Condition
from mare.ports import NotFound

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_BOLD = 1
_INDENT = 23
"""Characters of a line before its text."""
_LEAST_ROOM, _PAGE = 20, 80


class Terminal:
    """Writes lines with the seconds since its creation; on a TTY, source names are coloured."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._uses_colours = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._started_at = time.monotonic()

    def restart_clock(self) -> None:
        """Count the seconds of further lines from now."""
        self._started_at = time.monotonic()

    def show(self, source: str, text: str) -> None:
        """Write a line of a process or of `mare` itself."""
        group = source.rpartition("-")[0] or source
        colour = _COLOURS[zlib.crc32(group.encode()) % len(_COLOURS)]
        seconds = time.monotonic() - self._started_at
        self.write(f"{seconds:7.1f} s  {self._styled(f'{source:<11}', colour)} {text}")

    def highlight(self, source: str, text: str) -> None:
        """Write a sentence in bold, so that it stands out among the output of processes."""
        room = max(_LEAST_ROOM, self.columns - _INDENT)
        self.show(source, self._styled(_broken(text, room, indent=_INDENT), _BOLD))

    def write(self, text: str = "") -> None:
        with contextlib.suppress(OSError):  # processes go on when the terminal is closed
            print(text, file=self._stream, flush=True)

    @property
    def columns(self) -> int:
        """Width of the terminal, in characters; without one, lines have no end."""
        with contextlib.suppress(OSError):
            return os.get_terminal_size(self._stream.fileno()).columns or sys.maxsize
        return sys.maxsize

    def paragraphs(self, text: str) -> None:
        """Write a text for people, in lines of at most 80 characters."""
        self.write(_broken(text, min(_PAGE, max(_LEAST_ROOM, self.columns))))

    def _styled(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._uses_colours else text


def _broken(text: str, room: int, *, indent: int = 0) -> str:
    """Break lines that are too long between words."""
    lines = [each for line in text.split("\n") for each in textwrap.wrap(line, room) or [""]]
    return f"\n{' ' * indent}".join(lines)


class TerminalEvents:
    """Implements `mare.processes.Events`: shows the lines of all processes but the quiet ones.

    Args:
        terminal: Where the lines are shown.
        quiet: Names of commands whose output is not shown. Their unexpected ends are.
    """

    def __init__(self, terminal: Terminal, quiet: Collection[str] = ()) -> None:
        self._terminal = terminal
        self._quiet = quiet

    def wrote(self, name: str, line: str) -> None:
        if name.rpartition("-")[0] not in self._quiet:
            self._terminal.show(name, line)

    def ended(self, name: str, code: int, again_in: float) -> None:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._terminal.highlight(name, f"{how}; restarts in {again_in:g} s")

    def killed(self, name: str, seconds: float) -> None:
        self._terminal.highlight(
            name,
            f"was killed: it still ran {seconds:g} s after SIGTERM. RabbitMQ delivers its"
            " unacknowledged messages again; raise stopSeconds",
        )


class TerminalObjects:
    """Implements `mare.ports.Objects`: shows Events, and conditions that are good again.

    The dashboard reads the rest of the status from the loop's record.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._bad: set[tuple[Key, str]] = set()

    async def read(self, key: Key) -> Mapping[str, Any]:
        raise NotFound(f"{key.name} is in no cluster")

    async def write_status(
        self, autoscaler: Autoscaler, version: str, status: Mapping[str, Any]
    ) -> str:
        for each in status.get("conditions", ()):
            text, at = each["message"], (autoscaler.key, each["type"])
            if Condition(each["type"], each["status"], each["reason"], text).is_bad:
                self._bad.add(at)  # its Event is shown
            elif at in self._bad and each["reason"] != "PartlyFresh":
                self._bad.remove(at)
                self._terminal.highlight(autoscaler.target.name, f"resolved: {text}")
        return version

    async def publish_event(
        self,
        autoscaler: Autoscaler,
        kind: str,  # noqa: ARG002
        reason: str,  # noqa: ARG002
        message: str,
        change: tuple[int, int] | None = None,  # noqa: ARG002
    ) -> None:
        self._terminal.highlight(autoscaler.target.name, message)


def log_to_terminal(terminal: Terminal) -> None:
    """Show warnings and errors of the autoscaler."""
    logging.basicConfig(level=logging.WARNING, handlers=[_TerminalHandler(terminal)], force=True)
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # errors are reported by their callers


class _TerminalHandler(logging.Handler):
    """Shows each record, except repetitions of the last one: a broker is retried every 8 s."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.WARNING)
        self._terminal = terminal
        self._last = ""

    def emit(self, record: logging.LogRecord) -> None:
        error = getattr(record, "error", "") or (record.exc_info and record.exc_info[1]) or ""
        text = f"{record.getMessage()}{f' ({error})' if error else ''}"
        if text != self._last:
            self._last = text
            self._terminal.show("mare", text)
