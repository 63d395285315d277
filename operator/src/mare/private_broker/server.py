"""What a node needs from a server: a process or a container."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from mare.private_broker.config import Places, Ports
from mare.private_broker.container import docker
from mare.private_broker.process import installed


class Server(Protocol):
    """A RabbitMQ server that can be started and stopped more than once."""

    def start(self) -> None:
        """Start the server, or raise OSError or `CommandFailed`."""

    def alive(self) -> bool: ...

    def kill(self) -> None: ...

    def wait(self, seconds: float) -> bool:
        """Return whether the server ends within ``seconds``."""

    def log(self) -> str:
        """Return the end of its output."""

    def remove(self) -> None:
        """Remove what is outside the node's folder."""


class Program(Protocol):
    def describe(self) -> str: ...

    def places(self, folder: Path) -> Places:
        """Return the paths of ``folder`` as the server sees them."""

    def server(self, name: str, folder: Path, ports: Ports) -> Server:
        """Return a server that is not started; its files are in ``folder``."""


OLDEST_TO_RUN = (3, 10)


class NoBroker(Exception):
    """Raised when there is no RabbitMQ. The text has the correction."""


def installed_broker(oldest: tuple[int, ...], say: Callable[[str], None]) -> Program | None:
    """Return an installed RabbitMQ of at least version ``oldest``, or Docker's, or None."""
    program = installed()
    return program if program and program.version >= oldest else docker(say)
