"""Starts and stops one server process."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mare.processes.command import spawn

_LOG_BYTES = 4_000


class ServerFailed(Exception):
    """Raised when a server ends or is not ready in time; shows its last lines."""


class Server:
    """A process that can be restarted with the same command and log."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        path: str = os.defpath,
        descriptors: Sequence[int] = (),
    ) -> None:
        self.name = Path(command[0]).name
        self._command = command
        self._log = log
        self._path = path
        self._descriptors = descriptors
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ProcessLookupError(f"{self.name} was not started")
        return self._process.pid

    def start(self, ready: Callable[[], bool], seconds: float) -> None:
        """Start the process; return when `ready()`, raise ServerFailed after `seconds`."""
        with self._log.open("ab") as log:
            self._process = spawn(
                self._command,
                environment={"PATH": self._path},
                output=log,
                descriptors=self._descriptors,
            )
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"{self.name} did not start:\n{self.last_lines()}")
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def last_lines(self) -> str:
        return self._log.read_bytes()[-_LOG_BYTES:].decode(errors="replace")
