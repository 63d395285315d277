"""RabbitMQ as a container of a Docker engine."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mare.private_broker.config import Places, Ports, environment

IMAGE = "rabbitmq:4-management"

_SETTINGS = Path("/mare")
_DATA = Path("/var/lib/rabbitmq")
_LOG_LINES = "40"


@dataclass(frozen=True, slots=True)
class Docker:
    """The official image on this machine's engine."""

    def describe(self) -> str:
        return f"{IMAGE} in Docker"

    def places(self, folder: Path) -> Places:  # noqa: ARG002 - every node sees its own there
        return Places(settings=_SETTINGS, data=_DATA, listen="0.0.0.0")  # noqa: S104 - its own network

    def server(self, name: str, folder: Path, ports: Ports) -> "Container":
        return Container(self, name, folder, ports)


def docker(say: Callable[[str], None]) -> Docker | None:
    """Return the Docker engine of this machine, the image fetched, if there is one that works."""
    if _docker("info", seconds=20).returncode:
        return None
    if _docker("image", "inspect", IMAGE).returncode:
        say(f"Fetching {IMAGE}")
        pulled = _docker("pull", IMAGE, seconds=600)
        if pulled.returncode:
            say(f"Docker cannot fetch {IMAGE}: {' '.join(pulled.stdout.split())[-200:]}")
            return None
    return Docker()


@dataclass(slots=True)
class Container:
    """A container that keeps its data when it is stopped or killed, until it is removed."""

    program: Docker
    name: str
    folder: Path
    ports: Ports
    _created: bool = field(default=False, init=False)

    def start(self) -> None:
        if not self._created:
            self._create()
        self._demand("start", self.name)

    def _create(self) -> None:
        variables = environment(self.name, self.ports, self.program.places(self.folder))
        del variables["PATH"]  # the image knows better
        ports = [self.ports.amqp, self.ports.management, self.ports.prometheus]
        self._demand(
            "create",
            *("--name", self.name),
            *("--volume", f"{self.folder / 'settings'}:{_SETTINGS}:ro"),
            *(word for port in ports for word in ("--publish", f"127.0.0.1:{port}:{port}")),
            *(word for item in variables.items() for word in ("--env", "=".join(item))),
            IMAGE,
        )
        self._created = True

    def _demand(self, *arguments: str) -> None:
        answer = _docker(*arguments)
        if answer.returncode:
            raise OSError(f"docker {arguments[0]}: {answer.stdout}")

    def alive(self) -> bool:
        answer = _docker("inspect", "--format", "{{.State.Running}}", self.name)
        return answer.stdout.strip() == "true"

    def kill(self) -> None:
        _docker("kill", self.name)

    def wait(self, seconds: float) -> bool:
        return not self._created or not _docker("wait", self.name, seconds=seconds).returncode

    def log(self) -> str:
        return _docker("logs", "--tail", _LOG_LINES, self.name).stdout

    def remove(self) -> None:
        _docker("rm", "--force", "--volumes", self.name)


def _docker(*arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Return the answer; a program that is absent or too slow is one that failed."""
    command = ["docker", *arguments]
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, str(error))
