"""Whether a called service has a consumer. Without one, its callers would wait for their deadline.

The count comes from a passive declaration, on a connection that exists only for it: a call asks for
it when it has waited for ``RUNTIME_NO_CONSUMERS_GRACE``, which is rare.
"""

import time
from logging import getLogger

import eventlet
from kombu import Connection
from nameko.extensions import SharedExtension
from nameko.rpc import RPC_QUEUE_TEMPLATE

from mare_nameko.service.connections import BROKER_ERRORS, close_quietly, open_once

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

    def count(self, service: str) -> bool:
        """Return whether ``service`` has messages and no consumer, by a count of this second."""
        if time.monotonic() - self._counted_at.get(service, float("-inf")) >= LIFE_SECONDS:
            self._counted_at[service] = time.monotonic()
            # The last count must not pass for one of this second while the broker answers.
            self._absent.discard(service)
            if self._has_no_consumer(service):
                self._absent.add(service)
                self._counted_at[service] = time.monotonic()
        return service in self._absent

    def _has_no_consumer(self, service: str) -> bool:
        """Return False also if the count fails: the call goes on waiting then."""
        connection = self.container.broker.connection("counter")
        try:
            with eventlet.Timeout(COUNT_SECONDS, TimeoutError("no count in time")):
                open_once(connection)
                messages, consumers = _declared(connection, service)
        except BROKER_ERRORS as error:
            _log.debug("Cannot count the consumers of %s: %s", service, error)
            return False
        finally:
            close_quietly(connection)
        # A quorum queue whose leader is lost reports 0 and 0; the waiting call is a message.
        return messages > 0 and consumers == 0


def _declared(connection: Connection, service: str) -> tuple[int, int]:
    with connection.channel() as channel:
        declared = channel.queue_declare(RPC_QUEUE_TEMPLATE.format(service), passive=True)
        return declared.message_count, declared.consumer_count
