"""Consumes the queues of all entrypoints of a service over one connection.

Nameko's QueueConsumer closes its connection as soon as the consumers are cancelled, although
workers still have unacknowledged messages. The broker then delivers those to another pod, and the
work is done twice. It also cannot stop while the broker is unreachable, and logs a traceback for
each lost connection. This one keeps the connection until the last message is acknowledged or
rejected, and can be stopped at any time.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging import getLogger
from typing import Any

import eventlet
from eventlet.event import Event
from kombu import Connection, Message
from nameko.extensions import ProviderCollector

from mare_nameko.backoff import Backoff
from mare_nameko.service.connections import BROKER_ERRORS, close_quietly, open_once
from mare_nameko.service.publisher import Publisher
from mare_nameko.service.registration import RegisteringConsumer
from mare_nameko.service.undecodable import report

_log = getLogger(__name__)

TICK_SECONDS = 0.2
"""Interval in which the loop checks whether to cancel a consumer or to stop."""


class QueueConsumer(RegisteringConsumer):
    """The one consuming connection of a service, shared by all its entrypoints."""

    def __init__(self) -> None:
        super().__init__()
        self.connected = False
        """Whether all consumers are registered."""

        self.in_hand: set[Message] = set()
        """Messages that are neither acknowledged, rejected nor requeued."""

        self._waiting: deque[tuple[Any, Any, Message]] = deque()
        """Provider, body and message of those that wait for a worker, oldest first."""

        self._none_in_hand = Event()
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
        """Close the connection now; the broker delivers the messages in hand to other consumers."""
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
        """Cancel the consumer; requeue what has no worker, and wait for the rest."""
        if provider in self._consumers:
            cancelled = self._pending_remove_providers.setdefault(provider, Event())
            cancelled.wait()
        self.unconsumed.pop(provider, None)
        ProviderCollector.unregister_provider(self, provider)
        # After the cancellation: a message that is requeued while this process consumes the queue
        # is redelivered to it at once, and each delivery counts against the delivery limit.
        self._requeue_waiting(provider)
        while self.in_hand:
            self._none_in_hand.wait()

    # The loop

    def run(self) -> None:
        try:
            while not self.should_stop:
                self._consume_until_disconnected()
        finally:
            self._disconnected()

    def _consume_until_disconnected(self) -> None:
        try:
            with self.consumer_context() as (connection, _, _):
                while not self.should_stop:
                    self.on_iteration()
                    with suppress(TimeoutError):
                        connection.drain_events(timeout=TICK_SECONDS)
        except BROKER_ERRORS as error:
            self._disconnected()
            self.should_stop = self.should_stop or not self._providers
            if not self.should_stop:
                self.container.outage_log.connection_failed(error)
                eventlet.sleep(self._backoff.next_delay())

    def create_connection(self) -> Connection:
        return self.container.broker.connection("consumer")

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        self._await_publishers()
        self.last_tick = time.monotonic()
        connection = self.create_connection()
        try:
            open_once(connection)
            yield connection
        finally:
            # The broker requeues them with the end of the connection, so they must not start here.
            self._drop_waiting()
            close_quietly(connection)

    def _await_publishers(self) -> None:
        """Return when the service can publish; each publisher reconnects with its own delay."""
        for each in self.container.subextensions:
            while isinstance(each, Publisher) and not each.connected:
                self.last_tick = time.monotonic()
                each.wait_connected(TICK_SECONDS)

    def on_iteration(self) -> None:
        now = time.monotonic()
        if self._established is not None and now - self._last_beat >= TICK_SECONDS:
            self._last_beat = now
            self._established.heartbeat_check()
        self.last_tick = now
        for provider in list(self._pending_remove_providers):
            self._consumers.pop(provider).cancel()
            self._pending_remove_providers.pop(provider).send()
        if self.unconsumed and self._established is not None:
            self._register_again(self._established.default_channel)
        if not (self._consumers or self.unconsumed or self.in_hand):
            self.should_stop = True

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
        self.unconsumed.clear()
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
        is_next = not self._waiting and len(self.in_hand) < self.container.max_workers
        self.in_hand.add(message)
        if is_next and self.container.has_free_worker:
            provider.handle_message(body, message)  # saves a thread: it does not wait for a worker
        else:
            self._waiting.append((provider, body, message))
            self._start_workers()

    def _start_workers(self) -> None:
        """Start a worker for each message that waits, up to ``max_workers``.

        Nameko would start a thread for each message, and the threads would wait for workers: a
        message could then neither be requeued nor dropped. That still happens to a message whose
        worker a timer takes.
        """
        waiting = self._waiting
        while waiting and len(self.in_hand) - len(waiting) < self.container.max_workers:
            super().handle_message(*waiting.popleft())

    def _requeue_waiting(self, provider: Any) -> None:
        waiting, self._waiting = self._waiting, deque()
        self._waiting.extend(one for one in waiting if one[0] is not provider)
        for its_provider, _, message in waiting:
            if its_provider is provider:
                self.requeue_message(message)

    def _drop_waiting(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        self._remove_from_hand(*(message for _, _, message in waiting))

    def reject_undecodable(self, provider: Any, message: Message, error: Exception) -> None:
        text = report(message, error, self.container.metrics)
        if hasattr(provider, "on_undecodable"):
            provider.on_undecodable(message, text)
        if not provider.queue.no_ack:
            self.reject_message(message)

    def ack_message(self, message: Message) -> None:
        self._settle(message, message.ack)

    def requeue_message(self, message: Message) -> None:
        self._settle(message, message.requeue)

    def reject_message(self, message: Message) -> None:
        self._settle(message, message.reject)

    def _settle(self, message: Message, answer: Any) -> None:
        try:
            # A closed channel has no connection, and the broker has requeued its messages.
            if message.channel.connection:
                answer()
        except BROKER_ERRORS as error:
            _log.debug("Could not settle a message: %s", error)
        finally:
            self._remove_from_hand(message)

    def _remove_from_hand(self, *messages: Message) -> None:
        self.in_hand.difference_update(messages)
        if not self.in_hand:
            self._none_in_hand, settled = Event(), self._none_in_hand
            settled.send()
        self._start_workers()
