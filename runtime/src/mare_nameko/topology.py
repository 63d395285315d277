"""RabbitMQ definitions that the services need: dead letters and limits of queues.

Limits are policies and not queue arguments: a stock Nameko service can share the queues, and a
limit can be changed without declaring a queue again. ``python -m mare_nameko.topology`` prints the
definitions for ``rabbitmqctl import_definitions`` or the management API. The import is idempotent.
The definitions work with RabbitMQ 3.10 to 4.x. topology.json has these policies:

* `work`: a message is dead-lettered after its sixth delivery. A queue refuses messages beyond
  100,000 with a nack.
* `events`: the same, but after the 21st delivery: service/events.py parks an event at its fourth,
  and needs a process that lives for so long.
* `work-classic`: a policy with a key that a queue type does not support does not apply to that
  queue, so that classic queues get this one. (The apply-to "quorum_queues" needs 3.12.)
* `retries`: parking queues of failed events; service/retries.py declares their arguments.
* `replies`: a reply queue is deleted after 60 s without a consumer.
* `dead-letters`: reading a dead letter counts as a delivery, and RabbitMQ 4 drops a message after
  20. Once it is full, messages stay in the queues that they come from.
"""

import json
import sys
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

DEAD_LETTERS = "dead-letters"
"""Exchange and queue of rejected messages and of events after their last retry."""


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
    text = files("mare_nameko").joinpath("topology.json").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found


if __name__ == "__main__":
    json.dump(definitions(), sys.stdout, indent=2)
    sys.stdout.write("\n")
