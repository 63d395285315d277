"""A private RabbitMQ node on this machine, isolated from other nodes."""

from collections.abc import Callable

from mare.private_broker.container import docker
from mare.private_broker.node import Program
from mare.private_broker.process import installed

OLDEST_TO_RUN = (3, 10)


class NoBroker(Exception):
    """Raised when there is no RabbitMQ. The text has the correction."""


def installed_broker(oldest: tuple[int, ...], say: Callable[[str], None]) -> Program | None:
    """Return an installed RabbitMQ of at least version ``oldest``, or Docker's, or None."""
    return installed(oldest) or docker(say)
