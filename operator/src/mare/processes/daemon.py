"""A server process, with its output in a file."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mare.processes.command import CommandFailed, spawn

_LOG_BYTES = 4_000


class Daemon:
    """A process that can be restarted with the same command and log."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        self.name = Path(command[0]).name
        self._command = command
        self._log = log
        self._environment = environment or {"PATH": os.defpath}
        self._descriptors = descriptors
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ProcessLookupError(f"{self.name} was not started")
        return self._process.pid

    def start(self, ready: Callable[[], bool] = lambda: True, seconds: float = 0.0) -> None:
        """Start the process; return when `ready()`, raise `CommandFailed` after `seconds`."""
        with self._log.open("ab") as log:
            self._process = spawn(
                self._command,
                environment=self._environment,
                output=log,
                descriptors=self._descriptors,
            )
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive() or time.monotonic() > deadline:
                raise CommandFailed(f"{self.name} did not start:\n{self.last_lines()}")
            time.sleep(0.05)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process, and wait for its end."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def last_lines(self) -> str:
        """Return the end of the output, of earlier starts as well."""
        lines = self._log.read_bytes() if self._log.exists() else b""
        return lines[-_LOG_BYTES:].decode(errors="replace")
