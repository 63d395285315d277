"""The queues of callbacks: parking, dead letters, reports.

Callbacks wait in the parking queues of the runtime, one for each delay: the queue's TTL returns
them to the queue of the handler. The step of the schedule is in the message.
"""

import time
from collections.abc import Mapping
from logging import getLogger
from typing import Any

import eventlet
from kombu import Exchange

from mare_nameko.bounded_logs import BoundedWarnings
from mare_nameko.service.errors import BrokerUnavailable, MessageRefused
from mare_nameko.service.publisher import PERSISTENT, Publisher
from mare_nameko.service.retries import QUEUE, REASON, parking_name
from mare_nameko.topology import DEAD_LETTERS
from mare_services.contract import wire
from mare_services.contract.callbacks import CALLBACK_QUEUE, CallbackAttempted, CallbackDue

_warnings = BoundedWarnings(getLogger(__name__))

WAIT_SECONDS = 600.0
"""How long a callback waits for the end of an alarm, and then its report for the broker. After
1,800 s the broker itself would deliver the callback again."""
PAUSE_SECONDS = 2.0


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
        """Publish the report, after the end of an alarm or outage of the broker.

        The callback is not acknowledged before. Without its report the log would have a gap; but
        after `WAIT_SECONDS`, or if the queue of reports is full, a gap is better than a worker
        that waits.
        """
        give_up = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self._publisher.publish(
                    wire.write(attempted),
                    self._events.name,
                    "callback_attempted",
                    headers=self._headers,
                    delivery_mode=PERSISTENT,
                )
            except MessageRefused as error:
                _warnings.warn("An attempt cannot be reported: %s", error)
            except BrokerUnavailable as error:
                _warnings.warn("An attempt cannot be reported now: %s", error)
                if time.monotonic() < give_up:
                    eventlet.sleep(PAUSE_SECONDS)
                    continue
            return

    def _publish(self, due: CallbackDue, exchange: str, headers: Mapping[str, Any]) -> None:
        """Publish the callback, after the end of an alarm of the broker.

        An error would requeue it: it would be sent every 9 s, and given up by the broker at the
        21st delivery. A lost connection requeues it anyway, so that is not waited for.
        """
        give_up = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self._publisher.publish(
                    wire.write(due),
                    exchange,
                    CALLBACK_QUEUE,
                    mandatory=True,
                    headers=headers,
                    delivery_mode=PERSISTENT,
                )
            except BrokerUnavailable:
                if not self._publisher.blocked or time.monotonic() >= give_up:
                    raise
                eventlet.sleep(PAUSE_SECONDS)
            else:
                return
