"""What a node needs from a server: a process or a container."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mare.private_broker.config import Places, Ports


class Server(Protocol):
    """A RabbitMQ server that can be started and killed more than once."""

    @property
    def places(self) -> Places:
        """The paths of the node's folder as the server sees them."""

    def start(self) -> None:
        """Start the server, or raise OSError or `CommandFailed`."""

    def alive(self) -> bool: ...

    def kill(self) -> None:
        """Kill the server, and wait for its end."""

    def log(self) -> str:
        """Return the end of its output."""

    def remove(self) -> None:
        """Remove what is outside the node's folder."""


@dataclass(frozen=True, slots=True)
class Program:
    """A RabbitMQ that any number of nodes can run."""

    description: str
    server: Callable[[str, Path, Ports], Server]
    """Takes name, folder and ports of a node; returns a server that is not started."""
