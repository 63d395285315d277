"""RabbitMQ as a child process: the installed program, or one in another root folder."""

import re
import shutil
from pathlib import Path

from mare.private_broker.config import Places, Ports, environment
from mare.private_broker.node import Program
from mare.processes.daemon import Daemon


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


class Process:
    """A server and its port mapper (epmd), both children of this process."""

    def __init__(self, name: str, folder: Path, ports: Ports) -> None:
        self.name = name
        self.folder = folder
        self.ports = ports
        epmd = self.command("epmd", "-address", "127.0.0.1", "-port", str(ports.epmd))
        self._epmd = self._daemon(epmd)
        self._server = self._daemon(self.command("rabbitmq-server"))

    def _daemon(self, command: list[str]) -> Daemon:
        variables = environment(self.name, self.ports, self.places)
        return Daemon(command, self.folder / "server.log", environment=variables)

    @property
    def places(self) -> Places:
        return Places(settings=self.folder / "settings", data=self.folder / "data")

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command line that runs a program of RabbitMQ."""
        return [_direct(program) or program, *arguments]

    def start(self) -> None:
        if not self._epmd.alive():
            self._epmd.start()
        self._server.start()

    @property
    def pid(self) -> int:
        """Process id of the Erlang machine that is the server."""
        return self._server.pid

    def alive(self) -> bool:
        return self._server.alive()

    def kill(self) -> None:
        self._server.kill()

    def log(self) -> str:
        return self._server.last_lines()

    def remove(self) -> None:
        self._epmd.kill()
