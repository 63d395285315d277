"""One AMQP connection that many green threads publish over at once, each waiting for its confirm.

kombu's pool gives every publisher a connection of its own: eleven per pod with ten workers, none
with heartbeats, and no limit on the wait for a confirm. Here the workers share one: a reader
matches the confirms to those who wait, keeps up heartbeats, and fails all of them the moment the
connection does.
"""

import time
from collections.abc import Callable

import eventlet
from amqp import Channel, Message, spec
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from kombu import Connection

from mare_nameko.confirms import Unconfirmed
from mare_nameko.service.connections import BROKER_ERRORS
from mare_nameko.service.errors import BrokerUnavailable, MessageRefused

READ_SECONDS = 1.0


def limited(seconds: float) -> eventlet.Timeout:
    """Return a context in which a write raises TimeoutError after ``seconds``.

    A broker that reads nothing lets the buffers fill, and then a write never returns.
    """
    return eventlet.Timeout(max(0.0, seconds), TimeoutError("the broker reads nothing"))


class Unroutable(Exception):
    """Raised when a mandatory message finds no queue."""


class ConnectionLost(Exception):
    """Raised for a message that was not confirmed before its connection ended."""


class Confirm:
    """What the broker will say about one message."""

    __slots__ = ("event", "key", "returned")

    def __init__(self, key: tuple[str, str, str | None]) -> None:
        self.key = key
        self.event = Event()
        self.returned = False

    def settle(self, error: Exception | None = None) -> None:
        if self.returned and error is None:
            error = Unroutable(self.key[1])
        self.event.send((error,))


class ConfirmingSession:
    """An open connection in confirm mode; unusable once :attr:`error` is set."""

    def __init__(self, connection: Connection, on_end: Callable[[], None]) -> None:
        self._connection = connection
        self._on_end = on_end
        self._channel: Channel = connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)
        self._writing = Semaphore()
        self._unconfirmed: Unconfirmed[Confirm] = Unconfirmed()
        self.error: BaseException | None = None

    def publish(
        self, message: Message, exchange: str, routing_key: str, *, mandatory: bool, seconds: float
    ) -> None:
        """Publish and wait for the confirm, all within ``seconds``.

        Raise Unroutable, ConnectionLost (who knows whether it arrived), or BrokerUnavailable.
        """
        give_up = time.monotonic() + seconds
        confirm = Confirm((exchange, routing_key, message.properties.get("correlation_id")))
        if not self._writing.acquire(timeout=seconds):
            raise BrokerUnavailable(f"The broker has read nothing for {seconds:g} s.")
        try:
            if self.error is not None:
                raise ConnectionLost(str(self.error))
            tag = self._unconfirmed.add(confirm)
            # Channel.basic_publish would also read from the socket, which is the reader's.
            arguments = (0, exchange, routing_key, mandatory, False)
            try:
                with limited(give_up - time.monotonic()):
                    self._channel.send_method(spec.Basic.Publish, "Bssbb", arguments, message)
            except BaseException as error:
                # Whatever it is, a deadline too: half a frame may be on its way.
                self.fail(error)
                if not isinstance(error, BROKER_ERRORS):
                    raise
        finally:
            self._writing.release()
        try:
            outcome = confirm.event.wait(max(0.0, give_up - time.monotonic()))
        finally:
            self._unconfirmed.discard(tag)
        if outcome is None:
            raise BrokerUnavailable(f"The broker has not confirmed a message within {seconds:g} s.")
        (trouble,) = outcome
        if trouble is not None:
            raise trouble

    def read(self, stopped: Callable[[], bool]) -> None:
        """Read confirms until ``stopped``; raise one of BROKER_ERRORS if the connection ends."""
        try:
            while not stopped() and self.error is None:
                try:
                    self._connection.drain_events(timeout=READ_SECONDS)
                except TimeoutError:
                    with limited(READ_SECONDS):
                        self._connection.heartbeat_check()
        except BROKER_ERRORS as error:
            self.fail(error)
            raise
        if self.error is not None:
            raise ConnectionError(str(self.error))

    def fail(self, error: BaseException) -> None:
        """Give up on the connection and on everything that is not confirmed."""
        if self.error is not None:
            return
        self.error = error
        for confirm in self._unconfirmed.pending():
            confirm.settle(ConnectionLost(str(error)))
        self._on_end()

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  as py-amqp calls it
        for confirm in self._unconfirmed.settle(tag, multiple):
            confirm.settle()

    def _on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  as py-amqp calls it
        for confirm in self._unconfirmed.settle(tag, multiple):
            confirm.settle(MessageRefused("The broker refused the message; its queue may be full."))

    def _on_return(self, _: Exception, exchange: str, routing_key: str, message: Message) -> None:
        # The broker sends it just before the confirm, without the number of the message.
        key = (exchange, routing_key, message.properties.get("correlation_id"))
        for confirm in self._unconfirmed.pending():
            if confirm.key == key:
                confirm.returned = True
