"""The delay before a failed event is delivered again, and the queue where it is parked until then.

There is one parking queue for each delay, for all services, and one more for the events of each
kind that a handler names, so that their number can be read. All messages of a queue have the same
TTL, so that the oldest expires first. An expired message is dead-lettered to the default exchange
with its routing key, which is the name of the queue it came from. A fanout exchange for each
parking queue leaves the routing key free for that name.

The header ``retry-attempt`` counts failures, and ``retry-outages`` counts outages since the last
failure. RabbitMQ 4 no longer updates ``x-death`` of messages
that a client publishes again (rabbitmq-server #11331).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kombu import Exchange, Queue

from mare_nameko.topology import DEAD_LETTERS

ATTEMPT = "retry-attempt"
"""Header: number of failures. It has no Nameko prefix, so that other messages do not inherit it."""

OUTAGES = "retry-outages"
"""Header: number of outages since the last failure. Only the delay depends on it."""

REASON = "dead-letter-reason"
ERROR = "dead-letter-error"
QUEUE = "dead-letter-queue"

LONGEST_ERROR = 500

MOST_REDELIVERIES = 3
"""Deliveries of one message that may end with their process before they count as so many failures.
The broker gives up an event after 21 deliveries; a parked one is a new message."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The limit of retries and the delays in seconds; the last one repeats."""

    delays: Sequence[float]
    limit: int

    def next_delay(self, failures: int) -> float | None:
        """Return the delay after failure number ``failures``, or None after the last retry."""
        if failures > self.limit or not self.delays:
            return None
        return self._delay(failures)

    def outage_delay(self, outages: int) -> float | None:
        """Return the delay after outage number ``outages``, or None if events are not retried."""
        return None if self.next_delay(1) is None else self._delay(outages)

    def _delay(self, number: int) -> float:
        return self.delays[min(number, len(self.delays)) - 1]


def failures_so_far(headers: Mapping[str, Any]) -> int:
    return _count(headers, ATTEMPT)


def outages_so_far(headers: Mapping[str, Any]) -> int:
    return _count(headers, OUTAGES)


def redeliveries(headers: Mapping[str, Any]) -> int:
    """Return how many deliveries from a quorum queue ended with their process or connection."""
    return _count(headers, "x-delivery-count")


def _count(headers: Mapping[str, Any], name: str) -> int:
    count = headers.get(name)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0


def parking_name(delay: float, kind: str = "") -> str:
    return f"retry-{kind}-{delay:g}s" if kind else f"retry-{delay:g}s"


def parking_queue(delay: float, kind: str = "") -> Queue:
    """Return the queue where events of a kind wait for ``delay`` seconds, bound to its exchange."""
    name = parking_name(delay, kind)
    return Queue(
        name,
        Exchange(name, type="fanout", durable=True),
        durable=True,
        queue_arguments={"x-message-ttl": round(delay * 1000), "x-dead-letter-exchange": ""},
    )


def dead_letter_queue() -> Queue:
    exchange = Exchange(DEAD_LETTERS, type="topic", durable=True)
    kind = {"x-queue-type": "quorum"}
    return Queue(DEAD_LETTERS, exchange, routing_key="#", durable=True, queue_arguments=kind)


def parked_headers(headers: Mapping[str, Any], failures: int, outages: int = 0) -> dict[str, Any]:
    """Return the headers of an event that is parked after its failure number ``failures``."""
    counts = {ATTEMPT: failures, OUTAGES: outages}
    return {**_own_headers(headers), **{name: count for name, count in counts.items() if count}}


def dead_headers(
    headers: Mapping[str, Any], failures: int, queue: str, error: BaseException
) -> dict[str, Any]:
    return {
        **parked_headers(headers, failures),
        REASON: "retries-exhausted",
        ERROR: error_text(error),
        QUEUE: queue,
    }


def error_text(error: BaseException) -> str:
    """Return type and message of ``error``, cut to ``LONGEST_ERROR`` characters."""
    return f"{type(error).__name__}: {error}"[:LONGEST_ERROR]


def _own_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers without counts, those of the broker and a compression that is undone."""
    return {
        name: value
        for name, value in headers.items()
        if not name.startswith(("x-death", "x-first-death", "x-last-death", "x-delivery"))
        and name not in (ATTEMPT, OUTAGES, "compression")
    }
