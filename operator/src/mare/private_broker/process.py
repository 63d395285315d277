"""RabbitMQ as a child process: the installed program, or one in another root folder."""

import contextlib
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from mare.private_broker.config import STOP_SECONDS, Places, Ports, environment
from mare.private_broker.server import Program
from mare.processes.command import spawn

_LOG_BYTES = 2_000


def installed(oldest: tuple[int, ...]) -> Program | None:
    """Return the RabbitMQ of this machine if its version is at least ``oldest``.

    ``rabbitmqctl version`` would leave an epmd running.
    """
    program = _direct("rabbitmq-server")
    if not program:
        return None
    plugins = Path(program).resolve().parent.parent.glob("plugins/rabbit-[0-9]*")
    version = max((_numbers(path.name) for path in plugins), default=())
    if version < oldest:
        return None
    return Program(f"RabbitMQ {'.'.join(map(str, version))} of this machine", Process)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version)[:3])


def _direct(program: str) -> str | None:
    # The wrappers of the Debian package in /usr/sbin run only for two users and take the output.
    return shutil.which(program, path="/usr/lib/rabbitmq/bin") or shutil.which(program)


@dataclass(slots=True)
class Process:
    """A server and its port mapper (epmd), both children of this process."""

    name: str
    folder: Path
    ports: Ports
    _epmd: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def places(self) -> Places:
        return Places(settings=self.folder / "settings", data=self.folder / "data")

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command line that runs a program of RabbitMQ."""
        return [_direct(program) or program, *arguments]

    def start(self) -> None:
        if self._epmd is None or self._epmd.poll() is not None:
            self._epmd = self._spawn("epmd", "-address", "127.0.0.1", "-port", str(self.ports.epmd))
        self._server = self._spawn("rabbitmq-server")

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log_file.open("ab") as log:
            return spawn(
                self.command(program, *arguments),
                environment=environment(self.name, self.ports, self.places),
                output=log,
            )

    @property
    def pid(self) -> int:
        """Process id of the Erlang machine that is the server."""
        if self._server is None:
            raise ProcessLookupError(f"{self.name} was not started")
        return self._server.pid

    def alive(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        if self._server:
            self._server.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(STOP_SECONDS)

    def log(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self._log_file.read_bytes()[-_LOG_BYTES:].decode(errors="replace")
        return ""

    def remove(self) -> None:
        if self._epmd:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    @property
    def _log_file(self) -> Path:
        return self.folder / "server.log"
