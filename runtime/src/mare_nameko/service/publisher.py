"""Publishes messages over one confirmed connection that is reopened when it is lost."""

import time
import uuid
from collections.abc import Mapping
from logging import getLogger
from typing import Any

from amqp import Message
from eventlet.event import Event
from eventlet.greenthread import GreenThread
from kombu import Connection, Exchange, Queue
from kombu.serialization import dumps
from nameko.extensions import SharedExtension

from mare_nameko.backoff import Backoff
from mare_nameko.service.confirming_session import ConfirmingSession, ConnectionLost
from mare_nameko.service.connections import BROKER_ERRORS, close_quietly, open_once
from mare_nameko.service.errors import BrokerUnavailable, MessageTooLong
from mare_nameko.service.registration import time_limit

_log = getLogger(__name__)

ATTEMPTS = 3
"""Times that one message is published if the connection is lost before the confirm. The limit ends
messages that cause the loss."""

ALARM_SECONDS = 2.0
"""How long a message waits for the end of an alarm. Most alarms of memory end after 1 s, when the
node has collected garbage."""

TRANSIENT, PERSISTENT = 1, 2


class Publisher(SharedExtension):
    """The publishing connection of a service, for all but its replies."""

    purpose = "publisher"

    def __init__(self) -> None:
        super().__init__()
        self._connected = Event()
        """Carries the session as soon as there is one."""

        self._stopped = Event()
        self._thread: GreenThread | None = None
        self._declared: dict[str, Exchange | Queue] = {}
        self._isolated: set[str] = set()
        self._alarm: Event | None = None
        """Is sent at the end of the present alarm."""

    @property
    def connected(self) -> bool:
        return bool(self._connected.ready())

    def wait_connected(self, seconds: float) -> None:
        """Return when there is a connection, or after ``seconds``."""
        self._connected.wait(seconds)

    @property
    def blocked(self) -> bool:
        """Whether the broker is in alarm (memory or disk).

        It keeps the connection open then, and does not read what is published.
        """
        return self._alarm is not None

    def declare(self, *entities: Exchange | Queue) -> None:
        """Declare ``entities`` on every new connection."""
        self._declared.update(
            {f"{type(entity).__name__} {entity.name}": entity for entity in entities}
        )

    def isolate(self, routing_key: str) -> None:
        """Publish messages of a routing key on a channel of their own, on every new connection.

        A quorum queue that does not answer then holds back no messages for other queues.
        """
        self._isolated.add(routing_key)

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self._run, identifier=self.purpose)

    def stop(self) -> None:
        """Close the connection. Nothing is unconfirmed: all workers have stopped."""
        if not self._stopped.ready():
            self._stopped.send(True)
        if self._thread is not None:
            self._thread.kill()

    def kill(self) -> None:
        self.stop()

    def publish(
        self,
        payload: Any,
        exchange: str,
        routing_key: str,
        *,
        serializer: str = "json",
        mandatory: bool = False,
        headers: Mapping[str, Any] | None = None,
        seconds: float | None = None,
        **properties: Any,
    ) -> None:
        """Publish ``payload`` and return when the broker has confirmed it.

        The message gets a ``message_id`` unless ``properties`` has one.

        Raises:
            Unroutable: the message is mandatory and reaches no queue.
            BrokerUnavailable: the broker has not confirmed it within ``seconds``, or else within
                RUNTIME_PUBLISH_SECONDS.
        """
        content_type, content_encoding, body = dumps(payload, serializer=serializer)
        message = Message(
            body,
            content_type=content_type,
            content_encoding=content_encoding,
            application_headers=dict(headers or {}),
            **{"message_id": new_message_id(), **properties},
        )
        self.publish_message(message, exchange, routing_key, mandatory=mandatory, seconds=seconds)

    def publish_message(
        self,
        message: Message,
        exchange: str,
        routing_key: str,
        *,
        mandatory: bool = False,
        seconds: float | None = None,
    ) -> None:
        """Publish an encoded message like :meth:`publish`, within ``seconds`` if they are given.

        It is published again if the connection is lost before the confirm. Consumers recognize the
        duplicate by its ``message_id``.
        """
        if seconds is None:
            seconds = self.container.settings.publish_seconds
        give_up = time.monotonic() + seconds
        for attempt in range(ATTEMPTS):
            session = self._connected.wait(max(0.0, give_up - time.monotonic()))
            if self._alarm is not None:
                self._alarm.wait(max(0.0, min(ALARM_SECONDS, give_up - time.monotonic())))
            if self.blocked:
                raise BrokerUnavailable("The broker is in alarm and takes no messages.")
            rest = give_up - time.monotonic()
            if session is None or rest <= 0:
                raise BrokerUnavailable("The broker is unreachable.")
            try:
                session.publish(message, exchange, routing_key, mandatory=mandatory, seconds=rest)
            except ConnectionLost as error:
                # It closes the channel, with all that others publish, each time it is published.
                if f"message size {len(message.body)} " in str(error):
                    raise MessageTooLong(str(error)) from error
                if attempt + 1 == ATTEMPTS:
                    raise BrokerUnavailable(f"The connection was lost: {error}") from error
            else:
                return

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stopped.ready():
            try:
                self._serve_one_connection(backoff)
            except BROKER_ERRORS as error:
                self.container.outage_log.connection_failed(error)
                self._stopped.wait(backoff.next_delay())

    def _serve_one_connection(self, backoff: Backoff) -> None:
        connection = self.container.broker.connection(
            self.purpose, on_blocked=self._block, on_unblocked=self._unblock
        )
        try:
            open_once(connection)
            with time_limit("the declaration of exchanges"):
                self._declare_on(connection)
                session = ConfirmingSession(connection, self._forget_session, self._isolated)
            backoff.connected()
            self.container.outage_log.connected()
            self._connected.send(session)
            session.read(self._stopped.ready)
        finally:
            self._end_alarm()
            close_quietly(connection)

    def _block(self, _: str) -> None:
        self._alarm = self._alarm or Event()
        _log.warning("The broker is in alarm (memory or disk) and takes no messages")

    def _unblock(self) -> None:
        self._end_alarm()
        _log.info("The broker takes messages again")

    def _end_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.send()
            self._alarm = None

    def _forget_session(self) -> None:
        self._connected = Event()

    def _declare_on(self, connection: Connection) -> None:
        for name, entity in self._declared.items():
            channel = connection.channel()
            try:
                entity(channel).declare()
                channel.close()
            except TimeoutError:
                raise
            except BROKER_ERRORS as error:
                if not connection.connected:
                    raise
                # It exists with other arguments, or this user may not declare it. Publishing to it
                # may work, and fails with an error of its own otherwise. The channel is closed.
                _log.warning("Cannot declare %s: %s", name, error)


class ReplyPublisher(Publisher):
    """Publishes replies over a connection of its own.

    A quorum queue that does not answer blocks the channel of a publisher, and later its
    connection. Reply queues are classic queues.
    """

    purpose = "replies"


def new_message_id() -> str:
    return uuid.uuid4().hex
