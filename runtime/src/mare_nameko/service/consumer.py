"""Takes messages from the broker for all entrypoints of a service, and gives them back in order.

Nameko's QueueConsumer closes its connection as soon as the consumers are cancelled, although
workers still hold unacknowledged messages: the broker then hands those to another pod, and the
work is done twice. It also waits for the broker before it stops, and treats every lost connection
with a traceback. This one keeps the connection until the last message is settled, and can be
stopped at any time.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from logging import getLogger
from typing import Any

import eventlet
import nameko.messaging
from eventlet.event import Event
from kombu import Connection, Message
from nameko.extensions import ProviderCollector

from mare_nameko.backoff import Backoff
from mare_nameko.service.connections import BROKER_ERRORS, close_quietly, open_once
from mare_nameko.service.frames import UNREADABLE

_log = getLogger(__name__)

Handing = tuple[Any, Any, Message]
"""Who takes the message, its body, and the message."""

TICK_SECONDS = 0.2
"""How soon the loop notices that it shall cancel a consumer, or stop."""


class QueueConsumer(nameko.messaging.QueueConsumer):
    """The one consuming connection of a service, shared by all its entrypoints."""

    def __init__(self) -> None:
        super().__init__()
        self.connected = False
        """Whether all consumers are registered."""

        self.can_receive = False
        """Whether all queues exist. It comes earlier: while the first consumer has messages
        already and its workers call other services, the others are still being registered."""

        self.last_tick: float | None = None
        """When the loop last turned, in seconds of the monotonic clock; None before it begins."""

        self.in_hand: set[Message] = set()
        """Messages that we received and neither acknowledged nor rejected."""

        self._without_worker: deque[Handing] = deque()
        """Those of them that wait for a worker, first come first served."""

        self._all_settled = Event()
        self._backoff = Backoff()
        self._established: Connection | None = None
        self._last_beat = 0.0
        self._connections = 0

    # Starting and stopping

    def stop(self) -> None:
        """Return when all providers have unregistered and the connection is closed."""
        self.wait_for_providers()
        if self.connected:
            self._gt.wait()
        else:
            self._give_up()

    def kill(self) -> None:
        """Hang up now; the broker hands what is in hand to somebody else."""
        self.should_stop = True
        if self.connected:
            with eventlet.Timeout(1, False):
                self._gt.wait()
        else:
            self._give_up()

    def _give_up(self) -> None:
        self.should_stop = True
        if self._gt is not None:
            self._gt.kill()

    def unregister_provider(self, provider: Any) -> None:
        """Cancel the provider's consumer; return when every message in hand is settled.

        Messages that have no worker yet go back for others to take.
        """
        if provider in self._consumers:
            cancelled = self._pending_remove_providers.setdefault(provider, Event())
            cancelled.wait()
        ProviderCollector.unregister_provider(self, provider)
        # Not before: what goes back while we consume its queue comes back at once, and each time
        # counts against the delivery limit.
        self._give_back(provider)
        while self.in_hand:
            self._all_settled.wait()

    # The loop

    def run(self) -> None:
        try:
            while not self.should_stop:
                self._consume_until_disconnected()
        finally:
            self._disconnected()

    def _consume_until_disconnected(self) -> None:
        try:
            for _ in self.consume(limit=None, safety_interval=TICK_SECONDS):
                pass
        except BROKER_ERRORS as error:
            self._disconnected()
            if not self._providers:
                self.should_stop = True
            if not self.should_stop:
                self.container.outage_log.connection_failed(error)
                eventlet.sleep(self._backoff.next_delay())

    def create_connection(self) -> Connection:
        return self.container.broker.connection("consumer")

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        self.last_tick = time.monotonic()
        connection = self.create_connection()
        try:
            open_once(connection)
            yield connection
        finally:
            # The broker takes them back with the connection, so nobody may begin them here.
            self._forget_those_without_worker()
            close_quietly(connection)

    def on_iteration(self) -> None:
        now = time.monotonic()
        if self._established is not None and now - self._last_beat >= TICK_SECONDS:
            # kombu does it only after a silence, which a busy reply queue never keeps.
            self._last_beat = now
            self._established.heartbeat_check()
        self.last_tick = now
        for provider in list(self._pending_remove_providers):
            self._consumers.pop(provider).cancel()
            self._pending_remove_providers.pop(provider).send()
        if not self._consumers and not self.in_hand:
            self.should_stop = True

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        consumers = super().get_consumers(consumer_cls, channel)
        self.can_receive = True
        return consumers

    def on_consume_ready(self, connection: Connection, channel: Any, consumers: Any) -> None:
        super().on_consume_ready(connection, channel, consumers)
        self.connected = True
        self._established = connection
        self._backoff.connected()
        self.container.outage_log.connected()
        if self._connections:
            self.container.metrics.reconnected()
        self._connections += 1

    def _disconnected(self) -> None:
        self.connected = self.can_receive = False
        self._consumers.clear()
        while self._pending_remove_providers:
            self._pending_remove_providers.popitem()[1].send()
        for provider in self._providers:
            if hasattr(provider, "on_connection_lost"):
                provider.on_connection_lost()

    # Messages

    def handle_message(self, provider: Any, body: Any, message: Message) -> None:
        if provider.queue.no_ack:
            provider.handle_message(body, message)
            return
        self.in_hand.add(message)
        self._without_worker.append((provider, body, message))
        self._hand_out()

    def _hand_out(self) -> None:
        """Give as many messages to the workers as can take one.

        Nameko would take all at once, and keep those without a worker where they can neither be
        given back nor forgotten. (A timer may take a worker in between; then one does wait there.)
        """
        waiting = self._without_worker
        while waiting and len(self.in_hand) - len(waiting) < self.container.max_workers:
            super().handle_message(*waiting.popleft())

    def _give_back(self, provider: Any) -> None:
        waiting, self._without_worker = self._without_worker, deque()
        self._without_worker.extend(one for one in waiting if one[0] is not provider)
        for its_provider, _, message in waiting:
            if its_provider is provider:
                self.requeue_message(message)

    def _forget_those_without_worker(self) -> None:
        forgotten = [message for _, _, message in self._without_worker]
        self._without_worker.clear()
        self._are_settled(*forgotten)

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        queue = message.delivery_info.get("routing_key")
        reason = "unreadable" if message.content_type == UNREADABLE else "undecodable"
        _log.warning("Rejected an %s message to %s: %s", reason, queue, type(exc).__name__)
        self.container.metrics.rejected(reason)
        if message.delivery_info["consumer_tag"] not in message.channel.no_ack_consumers:
            self.reject_message(message)

    def ack_message(self, message: Message) -> None:
        self._settle(message, message.ack)

    def requeue_message(self, message: Message) -> None:
        self._settle(message, message.requeue)

    def reject_message(self, message: Message) -> None:
        """Give the message to the dead-letter exchange of its queue."""
        self._settle(message, message.reject)

    def _settle(self, message: Message, answer: Any) -> None:
        try:
            # A closed channel has no connection; its messages went back to the broker by then.
            if message.channel.connection:
                answer()
        except BROKER_ERRORS as error:
            _log.debug("Could not settle a message: %s", error)
        finally:
            self._are_settled(message)

    def _are_settled(self, *messages: Message) -> None:
        self.in_hand.difference_update(messages)
        if not self.in_hand:
            self._all_settled, settled = Event(), self._all_settled
            settled.send()
        self._hand_out()
