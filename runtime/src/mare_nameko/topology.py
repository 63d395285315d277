"""What the broker must know before the services come: dead letters and the limits of queues.

It is policy, not queue arguments, so that a stock Nameko service can share the queues and a limit
can be changed without declaring anything anew. ``python -m mare_nameko.topology`` prints
the definitions for ``rabbitmqctl import_definitions`` or the management API. Importing is
idempotent. The same definitions serve RabbitMQ 3.10 to 4.x.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

DEAD_LETTERS = "dead-letters"
"""Exchange and queue of messages that no worker could take."""

DELIVERY_LIMIT = 5
"""Times that a message may come back: after one more, its sixth delivery, it is dead-lettered
instead of killing one more worker."""

MAX_LENGTH = 100_000
"""Messages in one queue; the broker refuses what comes on top, so that publishers learn of it."""

REPLY_QUEUE_EXPIRES = 60_000
"""Milliseconds after which a reply queue that nobody consumes goes away."""

_WORK = r"^(rpc|evt)-"
_DEAD_LETTERED = {"dead-letter-exchange": DEAD_LETTERS}
_BOUNDED = {"max-length": MAX_LENGTH, "overflow": "reject-publish"}


def definitions(vhost: str = "/", users: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return RabbitMQ definitions of ``vhost`` and, if given, of administrators (name: password).

    Without users the definitions leave users and permissions of the broker as they are.
    """
    passwords = users or {}
    return {
        "users": [
            {"name": name, "password": password, "tags": ["administrator"]}
            for name, password in passwords.items()
        ],
        # Known to 3.11 and later; before, a queue is classic unless it asks for another type.
        "vhosts": [{"name": vhost, "metadata": {"default_queue_type": "quorum"}}],
        "permissions": [
            {"user": name, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}
            for name in passwords
        ],
        **{
            kind: [{"vhost": vhost, **item} for item in items]
            for kind, items in vhost_definitions().items()
        },
    }


def vhost_definitions() -> dict[str, list[dict[str, Any]]]:
    """Return what one virtual host holds, in the form of ``POST /api/definitions/VHOST``."""
    return {
        "exchanges": [_exchange(DEAD_LETTERS)],
        "queues": [_queue(DEAD_LETTERS)],
        "bindings": [_binding(DEAD_LETTERS)],
        "policies": [
            # A policy with a key that a queue type does not know does not apply to that queue, so
            # classic queues fall through to the second one. (The apply-to "quorum_queues" would
            # say it more plainly; it came with 3.12.)
            _policy(
                "work",
                _WORK,
                priority=20,
                **_DEAD_LETTERED,
                **_BOUNDED,
                **{"delivery-limit": DELIVERY_LIMIT, "dead-letter-strategy": "at-least-once"},
            ),
            _policy("work-classic", _WORK, priority=10, **_DEAD_LETTERED, **_BOUNDED),
            # Where failed events wait; the rest of it is arguments, see retries.py.
            _policy(
                "retries",
                r"^retry-",
                priority=20,
                **_BOUNDED,
                **{"dead-letter-strategy": "at-least-once"},
            ),
            _policy("replies", r"^rpc\.reply-", priority=10, expires=REPLY_QUEUE_EXPIRES),
            # To look into a dead letter is a delivery too, and RabbitMQ 4 drops a message after 20.
            _policy(
                DEAD_LETTERS,
                f"^{DEAD_LETTERS}$",
                priority=10,
                **{"max-length": MAX_LENGTH, "delivery-limit": 1_000_000},
            ),
        ],
    }


def _exchange(name: str) -> dict[str, Any]:
    return {"name": name, "type": "topic", "durable": True, "auto_delete": False, "arguments": {}}


def _queue(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "durable": True,
        "auto_delete": False,
        "arguments": {"x-queue-type": "quorum"},
    }


def _binding(name: str) -> dict[str, Any]:
    return {
        "source": name,
        "destination": name,
        "destination_type": "queue",
        "routing_key": "#",
        "arguments": {},
    }


def _policy(name: str, pattern: str, *, priority: int, **definition: object) -> dict[str, Any]:
    return {
        "name": name,
        "pattern": pattern,
        "apply-to": "queues",
        "priority": priority,
        "definition": definition,
    }


if __name__ == "__main__":
    json.dump(definitions(), sys.stdout, indent=2)
    sys.stdout.write("\n")
