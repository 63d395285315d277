"""A private RabbitMQ node with the topology of Maré; finds or installs the program."""

from collections.abc import Callable
from typing import Any

from local.packages import apt_install, disable_at_boot, may_install
from mare.private_broker import OLDEST_TO_RUN, NoBroker, installed_broker
from mare.private_broker.node import PrivateNode, Program
from mare.private_broker.process import installed
from mare_nameko.topology import definitions


class Node(PrivateNode):
    def definitions(self, user: str, password: str) -> dict[str, Any]:
        return definitions(users={user: password})


def broker_to_run(say: Callable[[str], None]) -> Program:
    """Return an installed RabbitMQ, or Docker's; else install the package, if root."""
    if program := installed_broker(OLDEST_TO_RUN, say):
        return program
    if may_install():
        apt_install(["rabbitmq-server"], say)
        disable_at_boot("rabbitmq-server")
        if program := installed(OLDEST_TO_RUN):
            return program
    raise NoBroker(
        "There is no broker: install rabbitmq-server 3.10 or later or start Docker, "
        "or set AMQP_URI to an existing broker."
    )
