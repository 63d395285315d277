"""Finds a RabbitMQ on this machine."""

from collections.abc import Callable

from mare.private_broker.container import docker
from mare.private_broker.process import installed
from mare.private_broker.server import Program

OLDEST_TO_RUN = (3, 10)


class NoBroker(Exception):
    """Raised when there is no RabbitMQ. The text says what to do."""


def installed_broker(oldest: tuple[int, ...], say: Callable[[str], None]) -> Program | None:
    """Return an installed RabbitMQ of at least version ``oldest``, or Docker's, or None."""
    program = installed()
    return program if program and program.version >= oldest else docker(say)
