"""Whether a called service has a consumer. Without one, its callers would wait for their deadline.

The count comes from a passive declaration, on a connection that exists only for it: a call asks for
it when it has waited for ``RUNTIME_NO_CONSUMERS_GRACE``, which is rare.
"""

import math
import time
from collections.abc import Sequence
from logging import getLogger

import eventlet
from nameko.extensions import SharedExtension
from nameko.rpc import RPC_QUEUE_TEMPLATE

from mare_nameko.service.connections import BROKER_ERRORS, Broker, close_quietly, open_once

_log = getLogger(__name__)

LIFE_SECONDS = 1.0
"""A count is used for so long after the broker has answered. So an absent service gets one call a
second, which an autoscaler needs to start it."""

COUNT_SECONDS = 2.0


class ConsumerCounts(SharedExtension):
    """Counts consumers, once a second for each service at most."""

    def __init__(self) -> None:
        super().__init__()
        self._counted_at: dict[str, float] = {}
        self._absent: set[str] = set()

    def is_absent(self, service: str) -> bool:
        """Return whether ``service`` had no consumer less than a second ago."""
        age = time.monotonic() - self._counted_at.get(service, float("-inf"))
        return service in self._absent and age < LIFE_SECONDS

    def count(self, service: str, seconds: float = math.inf) -> bool:
        """Return whether ``service`` has messages and no consumer, by a count of this second.

        The broker has COUNT_SECONDS for its answer, or ``seconds`` if they are less.
        """
        if time.monotonic() - self._counted_at.get(service, float("-inf")) >= LIFE_SECONDS:
            self._counted_at[service] = time.monotonic()
            # The last count must not pass for one of this second while the broker answers.
            self._absent.discard(service)
            if self._has_no_consumer(service, min(seconds, COUNT_SECONDS)):
                self._absent.add(service)
                self._counted_at[service] = time.monotonic()
        return service in self._absent

    def _has_no_consumer(self, service: str, seconds: float) -> bool:
        """Return False also if the count fails: the call goes on waiting then."""
        queue = RPC_QUEUE_TEMPLATE.format(service)
        counts = read_counts(self.container.broker, "counter", [queue], seconds)
        # A quorum queue whose leader is lost reports 0 and 0; the waiting call is a message.
        return any(messages > 0 and consumers == 0 for messages, consumers in counts or ())


def read_counts(
    broker: Broker, purpose: str, queues: Sequence[str], seconds: float
) -> list[tuple[int, int]] | None:
    """Return the ready messages and the consumers of each queue; None if one cannot be read."""
    connection = broker.connection(purpose)
    try:
        with eventlet.Timeout(seconds, TimeoutError("no count in time")):
            open_once(connection)
            # Not in a `with` block, whose end would wait for a broker that does not answer.
            channel = connection.channel()
            declared = [channel.queue_declare(name, passive=True) for name in queues]
    except BROKER_ERRORS as error:
        _log.debug("Cannot count the messages of %s: %s", ", ".join(queues), error)
        if isinstance(error, TimeoutError):
            connection.collect()  # the handshake of AMQP would take 2 s more
        return None
    finally:
        close_quietly(connection)
    return [(each.message_count, each.consumer_count) for each in declared]
