"""An AMQP connection over which many green threads publish, each waiting for its own confirm.

kombu's pool gives each publisher a connection of its own: eleven in a pod with ten workers, without
heartbeats and without a time limit for the confirm. Here the workers share one connection. A reader
matches confirms to waiting workers, sends heartbeats, and fails all workers when the connection is
lost.
"""

import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

import eventlet
from amqp import Channel, Message, spec
from amqp.exceptions import FrameSyntaxError
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from kombu import Connection

from mare_nameko.confirms import Unconfirmed
from mare_nameko.service.connections import BROKER_ERRORS
from mare_nameko.service.errors import BrokerUnavailable, MessageRefused

READ_SECONDS = 1.0

ABANDONED = 300
"""Messages that were given up and have no confirm yet, at which a session ends. RabbitMQ 4.0 reads
nothing more of a connection at 400 of one channel for a quorum queue that does not answer."""

ENCODING_ERRORS = (FrameSyntaxError, struct.error, TypeError, UnicodeError)
"""What py-amqp raises for a header, property or routing key that AMQP cannot hold. It encodes all
of a message before it writes."""

Key = tuple[str, str, str | None, str | None]
"""Exchange, routing key, correlation id and message id."""


class Unroutable(Exception):
    """Raised when a mandatory message reaches no queue."""


class ConnectionLost(Exception):
    """Raised when the connection ends before the confirm of a message."""


class Confirm:
    """The confirm of one message, for the worker that waits for it."""

    __slots__ = ("abandoned", "event", "key", "returned")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.event = Event()
        self.returned = False
        self.abandoned = False
        """Whether no worker waits any more. The broker still counts the message."""

    def settle(self, error: Exception | None = None) -> None:
        if self.returned and error is None:
            error = Unroutable(self.key[1])
        self.event.send((error,))


class ConfirmingChannel:
    """A channel in confirm mode, and its messages without a confirm."""

    def __init__(self, connection: Connection) -> None:
        self.channel: Channel = connection.channel()
        self.unconfirmed: Unconfirmed[Confirm] = Unconfirmed()
        self.channel.confirm_select()
        self.channel.events["basic_ack"].add(self.on_ack)
        self.channel.events["basic_nack"].add(self.on_nack)
        self.channel.events["basic_return"].add(self.on_return)

    def on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  as py-amqp calls it
        for confirm in self.unconfirmed.settle(tag, multiple):
            confirm.settle()

    def on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  as py-amqp calls it
        for confirm in self.unconfirmed.settle(tag, multiple):
            exchange, routing_key, *_ = confirm.key
            target = f"{exchange}/{routing_key}" if exchange else routing_key
            confirm.settle(
                MessageRefused(f"The broker refused a message for {target}; a queue may be full.")
            )

    def on_return(self, _: Exception, exchange: str, routing_key: str, message: Message) -> None:
        # The broker sends it before the confirm, without the delivery tag.
        key = _key(message, exchange, routing_key)
        for confirm in self.unconfirmed.pending():
            if confirm.key == key:
                confirm.returned = True


class ConfirmingSession:
    """An open connection in confirm mode. It is unusable once :attr:`error` is set.

    Each of the routing keys ``isolated`` has a channel of its own. A channel on which nothing was
    published to a quorum queue before waits 65 s for the queue to answer, and handles no
    other message meanwhile.
    """

    def __init__(
        self, connection: Connection, on_end: Callable[[], None], isolated: Iterable[str] = ()
    ) -> None:
        self._connection = connection
        self._on_end = on_end
        self._shared = ConfirmingChannel(connection)
        self._isolated = {key: ConfirmingChannel(connection) for key in isolated}
        self._writing = Semaphore()
        self.error: BaseException | None = None

    def publish(
        self, message: Message, exchange: str, routing_key: str, *, mandatory: bool, seconds: float
    ) -> None:
        """Publish a message and wait for its confirm, within ``seconds``.

        Raises:
            Unroutable: the message is mandatory and reaches no queue.
            ValueError: it has a header, property or routing key that AMQP cannot hold.
            ConnectionLost: the connection ended; the broker may have the message.
            BrokerUnavailable: the broker refused the message or sent no confirm in time.
        """
        give_up = time.monotonic() + seconds
        confirm = Confirm(_key(message, exchange, routing_key))
        own = self._isolated.get(routing_key, self._shared)
        if not self._writing.acquire(timeout=seconds):
            raise BrokerUnavailable(f"The broker has read nothing for {seconds:g} s.")
        try:
            if self.error is not None:
                raise ConnectionLost(str(self.error))
            own.unconfirmed.add(confirm)
            # Channel.basic_publish would also read from the socket, which only the reader may do.
            arguments = (0, exchange, routing_key, mandatory, False)
            try:
                with _time_limit(give_up - time.monotonic()):
                    own.channel.send_method(spec.Basic.Publish, "Bssbb", arguments, message)
            except ENCODING_ERRORS as error:
                own.unconfirmed.retract()  # nothing was written
                raise ValueError(f"The message cannot be encoded: {error}") from error
            except BaseException as error:
                # A deadline too: half a frame may have been written.
                self.fail(error)
                if not isinstance(error, BROKER_ERRORS):
                    raise
        finally:
            self._writing.release()
        try:
            outcome = wait_for(confirm.event, give_up - time.monotonic())
        finally:
            confirm.abandoned = True
        if outcome is None:
            self._end_if_abandoned(own)
            raise BrokerUnavailable(f"The broker has not confirmed a message within {seconds:g} s.")
        (refusal,) = outcome
        if refusal is not None:
            raise refusal

    def read(self, stopped: Callable[[], bool]) -> None:
        """Read confirms until ``stopped``; raise one of BROKER_ERRORS if the connection ends."""
        try:
            while not stopped() and self.error is None:
                try:
                    self._connection.drain_events(timeout=READ_SECONDS)
                except TimeoutError:
                    with _time_limit(READ_SECONDS):
                        self._connection.heartbeat_check()
        except BROKER_ERRORS as error:
            self.fail(error)
            raise
        if self.error is not None:
            raise ConnectionError(str(self.error))

    def fail(self, error: BaseException) -> None:
        """End the session: fail all messages without confirm."""
        if self.error is not None:
            return
        self.error = error
        for each in (self._shared, *self._isolated.values()):
            for confirm in each.unconfirmed.clear():
                confirm.settle(ConnectionLost(str(error)))
        self._on_end()

    def _end_if_abandoned(self, channel: ConfirmingChannel) -> None:
        abandoned = sum(confirm.abandoned for confirm in channel.unconfirmed.pending())
        if abandoned >= ABANDONED:
            self.fail(TimeoutError(f"The broker has not confirmed {abandoned} messages."))


def wait_for(event: Event, seconds: float) -> Any:
    """Return what ``event`` carries, or None if it is not sent within ``seconds``.

    After a stall, eventlet fires timers before it reads sockets. The time limit of a wait then ends
    although the answer has arrived, so the loop reads once more before the limit counts.
    """
    carried = event.wait(max(0.0, seconds))
    if carried is None:
        eventlet.sleep(0)
        carried = event.poll()
    return carried


def _key(message: Message, exchange: str, routing_key: str) -> Key:
    # Events have no correlation id.
    ids = (message.properties.get("correlation_id"), message.properties.get("message_id"))
    return exchange, routing_key, *ids


def _time_limit(seconds: float) -> eventlet.Timeout:
    """Limit a write, which blocks if the broker stops reading and the buffers are full."""
    return eventlet.Timeout(max(0.0, seconds), TimeoutError("the broker reads nothing"))
