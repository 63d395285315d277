"""Connections to the broker: with TLS, name, heartbeat and time limits."""

import contextlib
import socket
import time
from collections.abc import Callable
from logging import getLogger
from typing import Any

import eventlet
from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import OperationalError

from mare_nameko.service.frames import tolerant_frame_handler
from mare_nameko.service.settings import Settings

_log = getLogger(__name__)

BROKER_ERRORS = (AMQPError, OperationalError, OSError)
"""What the libraries raise when the broker is unreachable, refuses a request or disconnects."""

CONNECT_SECONDS = 5.0
_CLOSING_SECONDS = 2.0
REPORT_SECONDS = 5.0


class Broker:
    """Creates the connections of one service; they are not open yet."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        self._service = service

    def connection(self, purpose: str, **options: Any) -> Connection:
        """Return a py-amqp connection that RabbitMQ lists as ``service@host purpose``."""
        name = f"{self._service}@{socket.gethostname()} {purpose}"
        return Connection(
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


class OutageLog:
    """Logs an outage once for all connections: its start, every 5 s, and its end."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._clock = clock
        self._since: float | None = None
        self._reported_at = float("-inf")

    def connection_failed(self, error: BaseException) -> None:
        now = self._clock()
        if self._since is None:
            self._since = now
        if now - self._reported_at >= REPORT_SECONDS:
            self._reported_at = now
            sentence = str(error) or type(error).__name__
            _log.warning("Waiting for the broker at %s: %s", self._address, sentence)

    def connected(self) -> None:
        if self._since is not None:
            seconds = self._clock() - self._since
            _log.info("Reached the broker at %s again after %.1f s", self._address, seconds)
        self._since = None
        self._reported_at = float("-inf")
