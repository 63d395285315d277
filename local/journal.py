"""Log lines of the child processes: all go to files, warnings and errors to the terminal."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from mare.local_run.terminal import Terminal, TerminalEvents

_FILE_BYTES = 5_000_000
_GRAVE = ("WARNING", "ERROR", "CRITICAL")
_REPEAT_SECONDS = 30.0
"""The terminal shows the same line of a child once in this time. The file contains all lines."""

_UNSHOWN = {"level", "logger", "message", "time", "service", "exception", "entrypoint"} | {
    f"{kind}_id" for kind in ("request", "trace", "span")
}


class Journal(TerminalEvents):
    """Receives the output and the exits of the child processes."""

    def __init__(
        self, folder: Path, terminal: Terminal, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(terminal)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, RotatingFileHandler] = {}
        self._clock = clock
        self._shown: dict[tuple[str, str], float] = {}

    def wrote(self, name: str, line: str) -> None:
        self._file(name).emit(logging.makeLogRecord({"msg": line}))
        text = readable(line)
        if text and self._is_news(name, text):
            self._terminal.show(name, text)

    def _is_news(self, name: str, text: str) -> bool:
        now = self._clock()
        self._shown = {
            line: when for line, when in self._shown.items() if now - when < _REPEAT_SECONDS
        }
        return now == self._shown.setdefault((name, text), now)

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            self._files[name] = RotatingFileHandler(
                self.path(name), maxBytes=_FILE_BYTES, backupCount=1, encoding="utf-8"
            )
        return self._files[name]


def readable(line: str) -> str | None:
    """Return the text of a line for the terminal: None if it is JSON below WARNING."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict):
        return line
    if entry.get("level") not in _GRAVE:
        return None
    return f"{entry['level']} {entry.get('message', '')}{_details(entry)}"


def _details(entry: Mapping[str, Any]) -> str:
    details = [f"{key} {value}" for key, value in entry.items() if key not in _UNSHOWN]
    trace = str(entry.get("exception") or "").strip().splitlines()
    details += trace[-1:]
    return f" ({'; '.join(details)})" if details else ""
