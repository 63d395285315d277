"""The broker of the tests: a private node, and clients for it."""

import re
import subprocess

import amqp
import requests

from local.rabbitmq import Node as PrivateNode
from mare.private_broker.config import Ports, environment
from mare.private_broker.container import Container
from mare.private_broker.node import Program
from mare.private_broker.process import Process
from tests.management import Management

_UNAVAILABLE = 69
"""Exit code of rabbitmqctl if the node does not respond, for which it waits 7 s."""

_ATTEMPTS = 5
"""Calls of rabbitmqctl until a node that a busy machine has stalled counts as down."""


class Node(PrivateNode):
    """A private node; use it as a context manager, or call :meth:`close` at the end."""

    def __init__(self, program: Program, ports: Ports | None = None) -> None:
        super().__init__(program, ports)
        self.management = Management(self.management_uri)

    def connect(self, vhost: str = "/", port: int | None = None) -> amqp.Connection:
        """Return an open connection; ``port`` is that of a proxy, if there is one."""
        try:
            return self._connect(vhost, port)
        except OSError:
            # RabbitMQ closes a connection that is not open after 10 s.
            return self._connect(vhost, port)

    def _connect(self, vhost: str, port: int | None) -> amqp.Connection:
        connection = amqp.Connection(
            f"127.0.0.1:{port or self.ports.amqp}",
            userid=self.management.user,
            password=self.password,
            virtual_host=vhost,
            connect_timeout=60,
        )
        connection.connect()
        return connection

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.management.version().split("."))

    @property
    def pid(self) -> int:
        """Process id of the Erlang machine."""
        assert isinstance(self._server, Process)
        return self._server.pid

    def published(self) -> int:
        """Return how many messages the node has received from publishers."""
        uri = f"http://127.0.0.1:{self.ports.prometheus}/metrics"
        counter = r"^rabbitmq_global_messages_received_total\{.*\} (\d+)"
        received = re.findall(counter, requests.get(uri, timeout=60).text, re.MULTILINE)
        return sum(map(int, received))

    def settle(self) -> None:
        """Write to disk what the existing quorum queues need after a crash.

        RabbitMQ saves their names every 500 ms (``auto_save`` in ra_directory.erl), a busy machine
        later. A queue that is declared just before a crash never responds again.
        """
        self.evaluate("catch mnesia:sync_log(), [ok = dets:sync(T) || T <- dets:all()].")

    def evaluate(self, expression: str) -> None:
        """Evaluate Erlang in the node; fail if it raises."""
        server, command = self._server, ["rabbitmqctl", "eval", expression]
        match server:
            case Process():
                command = server.command(*command)
                own = environment(server.name, server.ports, server.places)
            case Container():
                command, own = ["docker", "exec", server.name, *command], None
        for _ in range(_ATTEMPTS):
            ended = subprocess.run(
                command, env=own, check=False, capture_output=True, text=True, timeout=120
            )
            if ended.returncode != _UNAVAILABLE:
                break
        assert ended.returncode == 0, ended.stderr

    def close(self) -> None:
        super().close()
        self.management.close()
