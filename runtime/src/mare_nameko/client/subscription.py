"""Receives events of a Nameko service in a process that is no Nameko service."""

import itertools
import logging
import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import amqp
import msgspec
from amqp.exceptions import AMQPError

from mare_nameko.addresses import Address
from mare_nameko.backoff import Backoff
from mare_nameko.bounded_logs import BoundedWarnings, OutageLog
from mare_nameko.client.connection import declare_exchange
from mare_nameko.client.options import Options

log = logging.getLogger(__name__)

_TICK = 1.0
_MOST_WAITING = 10_000
"""Events that the broker holds for a process that does not read; older ones are dropped."""


class EventSubscription(threading.Thread):
    """A thread that consumes one type of event over a connection of its own.

    Every subscription gets every event, from the moment at which it is subscribed. Events that are
    published while it is not connected are lost: read again in ``on_subscribed`` what they could
    have changed. Both functions run in this thread.

    Args:
        options: addresses, TLS files, name and times of the connection.
        service: name of the service that dispatches the events.
        event_type: name of the events.
        on_event: called with the decoded JSON of each event; msgspec.ValidationError drops it.
        on_subscribed: called after each connection, when all later events are received.
    """

    def __init__(
        self,
        options: Options,
        service: str,
        event_type: str,
        *,
        on_event: Callable[[Any], None],
        on_subscribed: Callable[[], None],
    ) -> None:
        super().__init__(name="events", daemon=True)
        self._options = options
        self._exchange = f"{service}.events"
        self._event_type = event_type
        self._on_event = on_event
        self._on_subscribed = on_subscribed
        self._stopping = threading.Event()
        self._outage_log = OutageLog(f"the broker at {options.amqp_uri.hosts}")
        self._warnings = BoundedWarnings(log)
        self.connected = False
        """Whether events are received now."""

    def stop(self) -> None:
        """End the thread within a second."""
        self._stopping.set()

    def run(self) -> None:
        options = self._options
        next_address = itertools.cycle(options.amqp_uri.addresses)
        backoff = Backoff(options.backoff, options.max_backoff, steady=0.0)
        while not self._stopping.is_set():
            try:
                self._consume(next(next_address), backoff)
            except Exception as error:  # noqa: BLE001 - logged below
                # Without this thread no event is received: no error may end it.
                expected = isinstance(error, OSError | AMQPError)
                self._outage_log.connection_failed(error, trace=not expected)
            self.connected = False
            self._stopping.wait(backoff.next_delay())

    def _consume(self, address: Address, backoff: Backoff) -> None:
        connection = self._connection(address)
        try:
            connection.connect()
            self._subscribe(connection.channel())
            backoff.connected()
            self.connected = True
            self._outage_log.connected()
            log.info("Receiving %s of %s", self._event_type, self._exchange)
            self._on_subscribed()
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    connection.drain_events(timeout=_TICK)
                connection.heartbeat_tick()
            connection.close()
        finally:
            with suppress(OSError):
                connection.collect()

    def _connection(self, address: Address) -> Any:
        options = self._options
        return amqp.Connection(
            **options.connection_arguments(address),
            read_timeout=2 * options.heartbeat,
            write_timeout=options.method_timeout,
            client_properties={"connection_name": f"{options.name}-events@{socket.gethostname()}"},
        )

    def _subscribe(self, channel: Any) -> None:
        declare_exchange(channel, self._exchange)
        # No policy of topology.py applies to this name: a full queue must not refuse the events of
        # the publisher. The permissions of the services cover it.
        queue = f"rpc.events-{self._options.name}-{uuid.uuid4().hex}"
        channel.queue_declare(
            queue,
            exclusive=True,
            auto_delete=True,
            arguments={"x-queue-type": "classic", "x-max-length": _MOST_WAITING},
        )
        channel.queue_bind(queue, self._exchange, routing_key=self._event_type)
        channel.basic_consume(queue, no_ack=True, callback=self._receive)

    def _receive(self, message: Any) -> None:
        body = message.body
        try:
            self._on_event(msgspec.json.decode(body))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._warnings.warn("Ignored a malformed event of %s: %s", self._exchange, error)
