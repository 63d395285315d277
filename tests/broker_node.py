"""The broker of the tests: a private node, and clients for it."""

import time

import amqp

from local.rabbitmq import Node as PrivateNode
from mare.private_broker.server import Program
from tests.management import Management


class Node(PrivateNode):
    """A private node; use it as a context manager, or call :meth:`close` at the end."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.management = Management(self.management_uri)

    def connect(self, vhost: str = "/", port: int | None = None) -> amqp.Connection:
        """Return an open connection; ``port`` is that of a proxy, if there is one."""
        connection = amqp.Connection(
            f"127.0.0.1:{port or self.ports.amqp}",
            userid=self.management.user,
            password=self.password,
            virtual_host=vhost,
            connect_timeout=10,
        )
        connection.connect()
        return connection

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.management.version().split("."))

    def settle(self) -> None:
        """Wait until the existing quorum queues survive a crash.

        RabbitMQ saves their names every 500 ms (``auto_save`` in ra_directory.erl). A queue that is
        declared just before a crash never responds again. A busy machine may need 2 s more.
        """
        time.sleep(3)

    def close(self) -> None:
        super().close()
        self.management.close()
