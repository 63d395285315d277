"""RabbitMQ as a container of a Docker engine."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mare.private_broker.config import Places, Ports, environment
from mare.private_broker.node import Program
from mare.processes.command import CommandFailed, run

IMAGE = "rabbitmq:4-management"


def docker(say: Callable[[str], None]) -> Program | None:
    """Return the Docker engine of this machine, the image fetched, if there is one that works."""
    if not _succeeds("info", seconds=20):
        return None
    if not _succeeds("image", "inspect", IMAGE):
        say(f"Fetching {IMAGE}")
        try:
            _docker("pull", IMAGE, seconds=600)
        except CommandFailed as error:
            say(f"Docker cannot fetch {IMAGE}: {' '.join(str(error).split())[-200:]}")
            return None
    return Program(f"{IMAGE} in Docker", Container)


@dataclass(slots=True)
class Container:
    """A container that keeps its data when it is stopped or killed, until it is removed."""

    name: str
    folder: Path
    ports: Ports
    _created: bool = field(default=False, init=False)

    @property
    def places(self) -> Places:
        return Places(
            settings=Path("/mare"),
            data=Path("/var/lib/rabbitmq"),
            listen="0.0.0.0",  # noqa: S104 - its own network
        )

    def start(self) -> None:
        if not self._created:
            self._create()
        _docker("start", self.name)

    def _create(self) -> None:
        variables = environment(self.name, self.ports, self.places)
        del variables["PATH"]  # the image knows better
        ports = [self.ports.amqp, self.ports.management, self.ports.prometheus]
        _docker(
            "create",
            *("--name", self.name),
            *("--volume", f"{self.folder / 'settings'}:{self.places.settings}:ro"),
            *(word for port in ports for word in ("--publish", f"127.0.0.1:{port}:{port}")),
            *(word for item in variables.items() for word in ("--env", "=".join(item))),
            IMAGE,
        )
        self._created = True

    def alive(self) -> bool:
        with suppress(CommandFailed):
            return _docker("inspect", "--format={{.State.Running}}", self.name).strip() == "true"
        return False

    def kill(self) -> None:
        if self._created:
            _succeeds("kill", self.name)
            _succeeds("wait", self.name, seconds=30)

    def log(self) -> str:
        try:
            return run(["sh", "-c", f"docker logs --tail=40 {self.name} 2>&1"], seconds=60)
        except CommandFailed as error:
            return str(error)

    def remove(self) -> None:
        _succeeds("rm", "--force", "--volumes", self.name)


def _docker(*arguments: str, seconds: float = 60) -> str:
    return run(["docker", *arguments], seconds=seconds)


def _succeeds(*arguments: str, seconds: float = 60) -> bool:
    try:
        _docker(*arguments, seconds=seconds)
    except (CommandFailed, FileNotFoundError):
        return False
    return True
