"""Registers consumers, each on a channel of its own and in a limited time.

The broker handles the methods of a channel in turn. A quorum queue whose leader is lost never
answers ``basic.consume``: on a shared channel no message of the other queues could be acknowledged.
A queue that is refused closes its channel: the user has no permission, or it belongs to a
connection whose loss the broker has not noticed. One that exists with other arguments is consumed.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from logging import getLogger
from typing import Any, NamedTuple

import eventlet
import nameko.messaging
from amqp import Channel, spec
from amqp.exceptions import ChannelError, PreconditionFailed
from kombu import Consumer

_log = getLogger(__name__)

REGISTER_SECONDS = 10.0
"""Time that the broker has to declare the queues of a service, and to register one consumer."""


QUEUE_DECLARE = "Queue.declare"
METHODS = (QUEUE_DECLARE, "Exchange.declare", "Queue.bind", "Basic.consume")
"""py-amqp's names of the methods with which a queue is declared and consumed."""

RETRY_SECONDS = 5.0
"""Time until a queue that the broker refuses is declared again. A queue that belongs to a lost
connection is refused until the broker has noticed the loss."""


class Unconsumed(NamedTuple):
    """A queue that could not be declared or consumed."""

    reason: str
    """Follows the name of the queue in a sentence."""

    channel: Channel
    """The channel of the attempt. The next one is made when the broker has closed it."""

    retry_at: float
    """Monotonic time before which there is no other attempt."""


class RegisteringConsumer(nameko.messaging.QueueConsumer):
    """Nameko's QueueConsumer, of which no queue holds back the others."""

    def __init__(self) -> None:
        super().__init__()
        self.can_receive = False
        """Whether all queues exist, so that replies can arrive. It is set before ``connected``: the
        workers of the first consumer call other services while the last is being registered."""

        self.last_tick: float | None = None
        """Monotonic time of the loop's last iteration, in seconds; None before the first."""

        self.unconsumed: dict[Any, Unconsumed] = {}
        """The providers whose queue the broker refused or did not answer for."""

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:  # noqa: ARG002
        """Declare the queues and return their consumers.

        Nameko iterates over the set of providers while the broker answers. A provider that
        unregisters meanwhile changes the set; here it gets no consumer.
        """
        with time_limit("the declaration of the queues"):
            for provider in list(self._providers):
                self._declare(provider, channel)
        for provider in self._consumers.keys() - self._providers:
            del self._consumers[provider]
        self.can_receive = True
        return list(self._consumers.values())

    def _declare(self, provider: Any, channel: Any) -> None:
        consumer = Consumer(
            channel.connection.channel(),
            queues=[provider.queue],
            auto_declare=False,
            callbacks=[partial(self.handle_message, provider)],
            on_decode_error=partial(self.reject_undecodable, provider),
            accept=self.accept,
        )
        with self._refusal_of(provider, consumer.channel):
            declare(consumer)
            consumer.qos(prefetch_count=self.prefetch_count)
            if provider in self._providers:
                self._consumers[provider] = consumer

    @contextmanager
    def _consume_from(self, *consumers: Consumer) -> Iterator[tuple[Consumer, ...]]:
        for provider in list(self._consumers):
            self._register(provider)
        yield consumers

    def _register(self, provider: Any) -> None:
        self.last_tick = time.monotonic()
        consumer = self._consumers[provider]
        try:
            with (
                self._refusal_of(provider, consumer.channel),
                time_limit(f"a consumer of {provider.queue.name}"),
            ):
                consumer.consume()
        except TimeoutError:
            self._give_up_for_now(provider, consumer.channel, "does not answer", 0.0)

    @contextmanager
    def _refusal_of(self, provider: Any, channel: Channel) -> Iterator[None]:
        try:
            yield
        except ChannelError as error:  # py-amqp has opened the channel again
            # Without its queue of replies a service cannot call others. Other methods, or none, are
            # those of a channel that the broker has closed meanwhile, whose consumer is gone.
            if provider.queue.no_ack or error.method_name not in METHODS:
                raise
            self._give_up_for_now(provider, channel, f"is refused: {error}", RETRY_SECONDS)

    def _give_up_for_now(self, provider: Any, channel: Channel, reason: str, pause: float) -> None:
        _log.error("The queue %s %s. It is tried again.", provider.queue.name, reason)
        # Does not wait for channel.close-ok. The broker requeues what it delivers until then.
        channel.send_method(spec.Channel.Close, "BsBB", (0, "", 0, 0))
        self._consumers.pop(provider, None)
        if provider in self._providers:
            self.unconsumed[provider] = Unconsumed(reason, channel, time.monotonic() + pause)
        if provider in self._pending_remove_providers:
            self._pending_remove_providers.pop(provider).send()

    def _register_again(self, channel: Any) -> None:
        for provider, attempt in list(self.unconsumed.items()):
            if attempt.channel.connection is not None or time.monotonic() < attempt.retry_at:
                continue
            if self.unconsumed.pop(provider, None) is None:
                continue  # it has unregistered while the broker answered for another one
            with time_limit(f"the declaration of {provider.queue.name}"):
                self._declare(provider, channel)
            if provider in self._consumers:
                self._register(provider)


def declare(consumer: Consumer) -> None:
    """Declare the queue of a consumer, or bind it as it is if it exists with other arguments.

    A virtual host whose default queue type has changed refuses all queues of the type before.
    """
    try:
        consumer.declare()
    except PreconditionFailed as error:  # py-amqp has opened the channel again
        if error.method_name != QUEUE_DECLARE:
            raise
        (queue,) = consumer.queues
        if queue.exchange and queue.exchange.name:  # every queue is bound to the default exchange
            queue.queue_bind()
        queue._create_bindings()  # noqa: SLF001 - kombu declares and binds together
        _log.warning("The queue %s is consumed as it is: %s", queue.name, error)


def time_limit(what: str) -> eventlet.Timeout:
    """Return a context that raises TimeoutError; py-amqp keeps what it has read then."""
    error = TimeoutError(f"The broker has not answered {what} within {REGISTER_SECONDS:g} s")
    return eventlet.Timeout(REGISTER_SECONDS, error)
