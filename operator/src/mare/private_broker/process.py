"""RabbitMQ as a child process: the installed program, or one in another root folder."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mare.private_broker.config import Places, Ports, environment
from mare.processes.spawn import spawn

_LOG_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Installed:
    version: tuple[int, ...]

    def describe(self) -> str:
        return f"RabbitMQ {'.'.join(map(str, self.version))} of this machine"

    def command(self, folder: Path, program: str, *arguments: str) -> list[str]:  # noqa: ARG002
        return [_direct(program) or program, *arguments]

    def places(self, folder: Path) -> Places:
        return Places(settings=folder / "settings", data=folder / "data")

    def server(self, name: str, folder: Path, ports: Ports) -> "Process":
        return Process(self.command, self.places(folder), name, folder, ports)


def installed() -> Installed | None:
    """Return the RabbitMQ of this machine; ``rabbitmqctl version`` would leave an epmd running."""
    program = _direct("rabbitmq-server")
    if not program:
        return None
    home = Path(program).resolve().parent.parent
    versions = [path.name.removeprefix("rabbit-") for path in home.glob("plugins/rabbit-[0-9]*")]
    return Installed(max(_numbers(version) for version in versions)) if versions else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version)[:3])


def _direct(program: str) -> str | None:
    # The wrappers of the Debian package in /usr/sbin run only for two users and take the output.
    return shutil.which(program, path="/usr/lib/rabbitmq/bin") or shutil.which(program)


@dataclass(slots=True)
class Process:
    """A server and its port mapper (epmd), both children of this process."""

    command: Callable[..., list[str]]
    """Takes `folder`, a program and its arguments; returns a command that runs it there."""
    places: Places
    name: str
    folder: Path
    ports: Ports
    _epmd: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        if self._epmd is None or self._epmd.poll() is not None:
            self._epmd = self._spawn("epmd", "-address", "127.0.0.1", "-port", str(self.ports.epmd))
        self._server = self._spawn("rabbitmq-server")

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log_file.open("ab") as log:
            return spawn(
                self.command(self.folder, program, *arguments),
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

    def wait(self, seconds: float) -> bool:
        if self._server:
            try:
                self._server.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
        return True

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
