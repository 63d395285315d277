"""Finds or installs a RabbitMQ on this machine."""

from collections.abc import Callable

from local.rabbitmq.packages import apt_install, disable_at_boot, may_install
from mare.private_broker.process import installed
from mare.private_broker.server import OLDEST_TO_RUN, NoBroker, Program, installed_broker


def broker_to_run(say: Callable[[str], None]) -> Program:
    """Return an installed RabbitMQ, or Docker's; else install the package, if root."""
    if program := installed_broker(OLDEST_TO_RUN, say):
        return program
    if may_install():
        apt_install(["rabbitmq-server"], say)
        disable_at_boot("rabbitmq-server")
        program = installed()
        if program and program.version >= OLDEST_TO_RUN:
            return program
    raise NoBroker(
        "There is no broker: install rabbitmq-server 3.10 or later or start Docker, "
        "or set AMQP_URI to an existing broker."
    )
