"""The queues of callbacks: parking, dead letters, reports.

Callbacks wait in the parking queues of the runtime, one for each delay: the queue's TTL returns
them to the queue of the handler. The step of the schedule is in the message.
"""

from collections.abc import Mapping
from logging import getLogger
from typing import Any

from kombu import Exchange

from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.errors import BrokerUnavailable
from mare_nameko.service.publisher import PERSISTENT, Publisher
from mare_nameko.service.retries import QUEUE, REASON, parking_name
from mare_nameko.topology import DEAD_LETTERS
from mare_services.contract import wire
from mare_services.contract.callbacks import CALLBACK_QUEUE, CallbackAttempted, CallbackDue

_log = getLogger(__name__)


class AmqpQueues:
    """Implements `Queues` for one message."""

    def __init__(self, publisher: Publisher, events: Exchange, headers: Mapping[str, Any]) -> None:
        self._publisher = publisher
        self._events = events
        self._headers = headers

    def park(self, due: CallbackDue, seconds: float) -> None:
        self._publish(due, parking_name(seconds), self._headers)

    def dead_letter(self, due: CallbackDue, reason: str) -> None:
        self._publish(due, DEAD_LETTERS, {**self._headers, REASON: reason, QUEUE: CALLBACK_QUEUE})

    def report(self, attempted: CallbackAttempted) -> None:
        """Publish the report. Without it the log has a gap; sending again would be worse."""
        try:
            self._publisher.publish(
                wire.write(attempted),
                self._events.name,
                "callback_attempted",
                headers=self._headers,
                delivery_mode=PERSISTENT,
            )
        except (BrokerUnavailable, Unroutable) as error:
            _log.warning("An attempt cannot be reported: %s", error)

    def _publish(self, due: CallbackDue, exchange: str, headers: Mapping[str, Any]) -> None:
        self._publisher.publish(
            wire.write(due),
            exchange,
            CALLBACK_QUEUE,
            mandatory=True,
            headers=headers,
            delivery_mode=PERSISTENT,
        )
