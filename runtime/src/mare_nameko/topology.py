"""RabbitMQ definitions that the services need: dead letters and limits of queues.

Limits are policies and not queue arguments: a stock Nameko service can share the queues, and a
limit can be changed without declaring a queue again. ``python -m mare_nameko.topology`` prints the
definitions for ``rabbitmqctl import_definitions`` or the management API. The import is idempotent.
The definitions work with RabbitMQ 3.10 to 4.x.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

DEAD_LETTERS = "dead-letters"
"""Exchange and queue of rejected messages and of events after their last retry."""

DELIVERY_LIMIT = 5
"""Times that a message may be redelivered. After its sixth delivery it is dead-lettered."""

MAX_LENGTH = 100_000
"""Messages in one queue. The broker refuses further ones with a nack."""

REPLY_QUEUE_EXPIRES = 60_000
"""Milliseconds after which a reply queue without consumers is deleted."""

_WORK = r"^(rpc|evt)-"
_DEAD_LETTERED = {"dead-letter-exchange": DEAD_LETTERS}
_BOUNDED = {"max-length": MAX_LENGTH, "overflow": "reject-publish"}


def definitions(vhost: str = "/", users: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return definitions of ``vhost`` and of administrators; without these, users are kept."""
    passwords = users or {}
    return {
        "users": [
            {"name": name, "password": password, "tags": ["administrator"]}
            for name, password in passwords.items()
        ],
        # RabbitMQ before 3.11 ignores it: queues without a type are classic there.
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
    """Return the definitions of a virtual host, as ``POST /api/definitions/VHOST`` takes them."""
    lasting = {"name": DEAD_LETTERS, "durable": True, "auto_delete": False}
    return {
        "exchanges": [{**lasting, "type": "topic", "arguments": {}}],
        "queues": [{**lasting, "arguments": {"x-queue-type": "quorum"}}],
        "bindings": [
            {
                "source": DEAD_LETTERS,
                "destination": DEAD_LETTERS,
                "destination_type": "queue",
                "routing_key": "#",
                "arguments": {},
            }
        ],
        "policies": [
            # A policy with a key that a queue type does not support does not apply to that queue:
            # classic queues get the second policy. (The apply-to "quorum_queues" needs 3.12.)
            _policy(
                "work",
                _WORK,
                priority=20,
                **_DEAD_LETTERED,
                **_BOUNDED,
                **{"delivery-limit": DELIVERY_LIMIT, "dead-letter-strategy": "at-least-once"},
            ),
            _policy("work-classic", _WORK, priority=10, **_DEAD_LETTERED, **_BOUNDED),
            # Parking queues of failed events; service/retries.py declares their arguments.
            _policy(
                "retries",
                r"^retry-",
                priority=20,
                **_BOUNDED,
                **{"dead-letter-strategy": "at-least-once"},
            ),
            _policy("replies", r"^rpc\.reply-", priority=10, expires=REPLY_QUEUE_EXPIRES),
            # Reading a dead letter counts as a delivery; RabbitMQ 4 drops a message after 20.
            _policy(
                DEAD_LETTERS,
                f"^{DEAD_LETTERS}$",
                priority=10,
                **{"max-length": MAX_LENGTH, "delivery-limit": 1_000_000},
            ),
        ],
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
