"""Where a broker comes from on a machine that was not prepared for us."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from local.rabbitmq.container import docker
from local.rabbitmq.packages import apt_install, disable_at_boot
from local.rabbitmq.process import Installed, installed
from local.rabbitmq.rootfs import cached_rootfs
from local.rabbitmq.server import Program

_OLDEST_TO_RUN = (3, 10)
_OLDEST_TO_TEST = (4, 0)


class NoBroker(Exception):
    """There is no RabbitMQ here and none can be had; the message says what to do."""


def broker_to_run(say: Callable[[str], None]) -> Program:
    """Return the machine's RabbitMQ, or Docker's, or the distribution's, which root installs."""
    if program := _at_hand(_OLDEST_TO_RUN, say):
        return program
    if _may_install():
        apt_install(["rabbitmq-server"], say)
        disable_at_boot("rabbitmq-server")
        if program := _machines(_OLDEST_TO_RUN):
            return program
    raise NoBroker(
        "There is no broker: install rabbitmq-server 3.10 or later or start Docker, "
        "or set AMQP_URI to a broker that you have."
    )


def broker_to_test(cache: Path, say: Callable[[str], None]) -> Program:
    """Return a RabbitMQ 4: the machine's, or Docker's, or one that root builds in ``cache``."""
    if program := _at_hand(_OLDEST_TO_TEST, say):
        return program
    if _may_install():
        return cached_rootfs(cache, say)
    raise NoBroker(
        "The tests need RabbitMQ 4: install rabbitmq-server 4.0 or later or start Docker, "
        "or run them as root on Debian or Ubuntu."
    )


def _at_hand(oldest: tuple[int, ...], say: Callable[[str], None]) -> Program | None:
    return _machines(oldest) or docker(say)


def _machines(oldest: tuple[int, ...]) -> Installed | None:
    program = installed()
    return program if program and program.version >= oldest else None


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None
