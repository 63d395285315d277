"""Connections to the broker: with TLS, name, heartbeat and time limits."""

import contextlib
import socket
from typing import Any

import eventlet
from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import OperationalError

from mare_nameko.service.buffered_connection import BufferedConnection
from mare_nameko.service.frames import tolerant_frame_handler
from mare_nameko.service.settings import Settings

BROKER_ERRORS = (AMQPError, OperationalError, OSError)
"""What the libraries raise when the broker is unreachable, refuses a request or disconnects."""

CONNECT_SECONDS = 5.0
_CLOSING_SECONDS = 2.0


class Broker:
    """Creates the connections of one service; they are not open yet."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        self._service = service

    def connection(self, purpose: str, **options: Any) -> Connection:
        """Return a py-amqp connection that RabbitMQ lists as ``service@host purpose``."""
        name = f"{self._service}@{socket.gethostname()} {purpose}"
        return BufferedConnection(
            str(self._settings.amqp_uri),
            heartbeat=self._settings.heartbeat_seconds,
            connect_timeout=CONNECT_SECONDS,
            ssl=self.tls_options(),
            transport_options={
                "client_properties": {"connection_name": name},
                "frame_handler": tolerant_frame_handler,
                **options,
            },
        )

    def tls_options(self) -> dict[str, Any] | bool:
        settings = self._settings
        return settings.tls_files.options(host=None) if settings.amqp_uri.uses_tls else False


def open_once(connection: Connection) -> None:
    """Open ``connection``, trying each address of a failover list once, or raise the last error."""
    addresses = len(connection.alt) or 1
    for remaining in reversed(range(addresses)):
        if isinstance(connection.ssl, dict):
            # kombu would verify the name of the first address for the others too.
            connection.ssl = {**connection.ssl, "server_hostname": connection.hostname}
        try:
            with eventlet.Timeout(2 * CONNECT_SECONDS, TimeoutError("the broker did not answer")):
                connection.ensure_connection(max_retries=0)
        except BROKER_ERRORS:
            if not remaining:
                raise
            connection.maybe_switch_next()
        else:
            return


def close_quietly(connection: Connection) -> None:
    """Close ``connection``, with AMQP's handshake if the broker answers in time."""
    with eventlet.Timeout(_CLOSING_SECONDS, False):
        with contextlib.suppress(*BROKER_ERRORS):
            connection.release()
        return
    connection.collect()
