"""A durable queue that receives what playlists and jobs publish, to count it afterwards."""

import json
from collections import Counter
from dataclasses import dataclass

from tests.broker_node import Node

QUEUE = "survival"
SEEN = {"playlists.events": "playlist_composed", "jobs.events": "job_changed"}


@dataclass(frozen=True, slots=True)
class Published:
    """Counts over all jobs.

    Attributes:
        composed_again: results that workers published beyond the first of a job.
        doubled: copies of `job_changed` beyond the first of a change.
    """

    composed_again: int
    doubled: int


class Witness:
    """Bound before the first job; survives the kills of the broker."""

    def __init__(self, node: Node) -> None:
        self._node = node
        with node.connect() as connection:
            channel = connection.channel()
            channel.queue_declare(
                QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
            )
            for exchange, key in SEEN.items():
                channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
                channel.queue_bind(QUEUE, exchange, routing_key=key)

    def count(self) -> Published:
        """Empty the queue and return what was in it."""
        composed = Counter[str]()
        changes = Counter[tuple[str, str, str]]()
        with self._node.connect() as connection:
            channel = connection.channel()
            while message := channel.basic_get(QUEUE, no_ack=True):
                event = json.loads(message.body)
                job = event["job_id"]
                if message.delivery_info["routing_key"] == "playlist_composed":
                    composed[job] += 1
                    continue
                changes[job, event["state"], event["updated_at"]] += 1
        return Published(
            composed_again=sum(composed.values()) - len(composed),
            doubled=sum(changes.values()) - len(changes),
        )
