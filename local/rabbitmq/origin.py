"""Finds or installs a RabbitMQ on this machine."""

import os
import shutil
from collections.abc import Callable

from local.rabbitmq.container import docker
from local.rabbitmq.packages import apt_install, disable_at_boot
from local.rabbitmq.process import Installed, installed
from local.rabbitmq.server import Program

_OLDEST_TO_RUN = (3, 10)


class NoBroker(Exception):
    """Raised when there is no RabbitMQ and none can be installed. The text says what to do."""


def broker_to_run(say: Callable[[str], None]) -> Program:
    """Return an installed RabbitMQ, or Docker's; else install the package, if root."""
    if program := installed_broker(_OLDEST_TO_RUN, say):
        return program
    if may_install():
        apt_install(["rabbitmq-server"], say)
        disable_at_boot("rabbitmq-server")
        if program := _machines(_OLDEST_TO_RUN):
            return program
    raise NoBroker(
        "There is no broker: install rabbitmq-server 3.10 or later or start Docker, "
        "or set AMQP_URI to an existing broker."
    )


def installed_broker(oldest: tuple[int, ...], say: Callable[[str], None]) -> Program | None:
    """Return an installed RabbitMQ of at least version ``oldest``, or Docker's, or None."""
    return _machines(oldest) or docker(say)


def _machines(oldest: tuple[int, ...]) -> Installed | None:
    program = installed()
    return program if program and program.version >= oldest else None


def may_install() -> bool:
    """Whether packages can be installed: root on Debian or Ubuntu."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None
