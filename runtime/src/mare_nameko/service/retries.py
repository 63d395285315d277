"""When a failed event is tried again, and where it waits until then.

It waits in a parking queue that all services share, one for each delay. A queue's messages all
wait equally long, so none stands behind one that waits longer, and the broker hands each back to
the queue it came from: dead-lettered to the default exchange under the routing key that it was
parked with, which is the name of that queue. Each parking queue has a fanout exchange of its own,
because the routing key is taken.

Attempts are counted in a header of our own. RabbitMQ 4 no longer counts ``x-death`` for messages
that a client publishes anew (rabbitmq-server #11331), and would count deliveries, not failures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kombu import Exchange, Queue

from mare_nameko.topology import DEAD_LETTERS

ATTEMPT = "retry-attempt"
"""Header: how often the event has failed. Without Nameko's prefix, or it would be inherited."""

REASON = "dead-letter-reason"
ERROR = "dead-letter-error"
QUEUE = "dead-letter-queue"

LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and after which delays, in seconds; the last one repeats."""

    delays: Sequence[float]
    limit: int

    def next_delay(self, failures: int) -> float | None:
        """Return how long an event that has failed ``failures`` times waits; None to give it up."""
        if failures > self.limit or not self.delays:
            return None
        return self.delays[min(failures, len(self.delays)) - 1]


def failures_so_far(headers: Mapping[str, Any]) -> int:
    """Return how often the event with these headers has failed before."""
    count = headers.get(ATTEMPT)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0


def parking_name(delay: float) -> str:
    """Return the name of the exchange and queue where events wait for ``delay`` seconds."""
    return f"retry-{delay:g}s"


def parking_queue(delay: float) -> Queue:
    """Return the queue where events wait for ``delay`` seconds, bound to its exchange."""
    name = parking_name(delay)
    return Queue(
        name,
        Exchange(name, type="fanout", durable=True),
        durable=True,
        queue_arguments={"x-message-ttl": round(delay * 1000), "x-dead-letter-exchange": ""},
    )


def dead_letter_queue() -> Queue:
    """Return the queue of events that are given up, as the topology defines it."""
    exchange = Exchange(DEAD_LETTERS, type="topic", durable=True)
    kind = {"x-queue-type": "quorum"}
    return Queue(DEAD_LETTERS, exchange, routing_key="#", durable=True, queue_arguments=kind)


def parked_headers(headers: Mapping[str, Any], failures: int) -> dict[str, Any]:
    """Return the headers of an event that is parked after its failure number ``failures``."""
    return {**_own_headers(headers), ATTEMPT: failures}


def dead_headers(
    headers: Mapping[str, Any], failures: int, queue: str, error: BaseException
) -> dict[str, Any]:
    """Return the headers of an event that is given up: why, after how much, and from where."""
    return {
        **parked_headers(headers, failures),
        REASON: "retries-exhausted",
        ERROR: f"{type(error).__name__}: {error}"[:LONGEST_ERROR],
        QUEUE: queue,
    }


def _own_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the sender wrote: not the broker's notes, nor a compression undone by now."""
    return {
        name: value
        for name, value in headers.items()
        if not name.startswith(("x-death", "x-first-death", "x-last-death", "x-delivery"))
        and name != "compression"
    }
