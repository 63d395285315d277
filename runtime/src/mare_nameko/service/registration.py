"""Registers consumers, each on a channel of its own and in a limited time.

The broker handles the methods of a channel in turn. A quorum queue whose leader is lost never
answers ``basic.consume``: on a shared channel no message of the other queues could be acknowledged.
"""

from logging import getLogger
from typing import Any

import eventlet
from amqp import Channel, spec
from kombu import Consumer, Queue

_log = getLogger(__name__)

REGISTER_SECONDS = 10.0
"""Time that the broker has to declare the queues of a service, and to register one consumer."""


def declare(channel: Channel, queue: Queue, prefetch_count: int, **options: Any) -> Consumer:
    """Declare ``queue`` and return its kombu consumer, which is not registered yet."""
    consumer = Consumer(channel.connection.channel(), queues=[queue], **options)
    consumer.qos(prefetch_count=prefetch_count)
    return consumer


def register(consumer: Consumer) -> bool:
    """Register ``consumer``; return False and close its channel if the queue does not answer."""
    (queue,) = consumer.queues
    try:
        with time_limit(f"a consumer of {queue.name}"):
            consumer.consume()
    except TimeoutError as error:
        _log.error("%s. The service consumes the queue once the broker answers.", error)
        # Does not wait for channel.close-ok. The broker requeues what it delivers until then.
        consumer.channel.send_method(spec.Channel.Close, "BsBB", (0, "", 0, 0))
        return False
    return True


def time_limit(what: str) -> eventlet.Timeout:
    """Return a context that raises TimeoutError; py-amqp keeps what it has read then."""
    error = TimeoutError(f"The broker has not answered {what} within {REGISTER_SECONDS:g} s")
    return eventlet.Timeout(REGISTER_SECONDS, error)
