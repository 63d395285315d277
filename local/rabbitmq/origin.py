"""Where a broker comes from on a machine that was not prepared for us."""

import os
import shutil
from collections.abc import Callable

from local.rabbitmq.container import docker
from local.rabbitmq.packages import apt_install, disable_at_boot
from local.rabbitmq.process import Installed, installed
from local.rabbitmq.server import Program

_OLDEST_TO_RUN = (3, 10)


class NoBroker(Exception):
    """There is no RabbitMQ here and none can be had; the message says what to do."""


def broker_to_run(say: Callable[[str], None]) -> Program:
    """Return the machine's RabbitMQ, or Docker's, or the distribution's, which root installs."""
    if program := installed_broker(_OLDEST_TO_RUN, say):
        return program
    if may_install():
        apt_install(["rabbitmq-server"], say)
        disable_at_boot("rabbitmq-server")
        if program := _machines(_OLDEST_TO_RUN):
            return program
    raise NoBroker(
        "There is no broker: install rabbitmq-server 3.10 or later or start Docker, "
        "or set AMQP_URI to a broker that you have."
    )


def installed_broker(oldest: tuple[int, ...], say: Callable[[str], None]) -> Program | None:
    """Return the machine's RabbitMQ or Docker's, if there is one of that version or later."""
    return _machines(oldest) or docker(say)


def _machines(oldest: tuple[int, ...]) -> Installed | None:
    program = installed()
    return program if program and program.version >= oldest else None


def may_install() -> bool:
    """Whether packages can be installed: root on Debian or Ubuntu."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None
