"""What a node needs from the thing that runs the server, be it a process or a container."""

from pathlib import Path
from typing import Protocol

from local.rabbitmq.config import Places, Ports


class Server(Protocol):
    """One RabbitMQ server that can be started and ended more than once."""

    def start(self) -> None:
        """Start it; raise OSError if that is impossible."""

    def alive(self) -> bool: ...

    def terminate(self) -> None:
        """Ask it to stop."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False if it still runs after ``seconds``."""

    def log(self) -> str:
        """Return the end of what it has written."""

    def remove(self) -> None:
        """Give back what it holds outside the node's folder."""


class Program(Protocol):
    """A RabbitMQ that can be run on this machine."""

    def describe(self) -> str:
        """Say in a few words what it is."""

    def places(self, folder: Path) -> Places:
        """Say where its servers see ``folder``."""

    def server(self, name: str, folder: Path, ports: Ports) -> Server:
        """Return a server, not started, whose files are in ``folder``."""
