"""Statistics from the detailed metrics of the Prometheus plugin: one request, without peers."""

import asyncio
import re
from collections import defaultdict

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttp
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.domain.observation import NOT_REPORTED

_LARGEST_ANSWER = 32 * 2**20
"""20,000 queues."""
_FAMILIES = [
    "queue_coarse_metrics",
    "queue_consumer_count",
    "queue_delivery_metrics",
    "queue_exchange_metrics",
]
_FIELDS = {
    "queue_messages_ready": "ready",
    "queue_messages_unacked": "unacknowledged",
    "queue_consumers": "consumers",
    "queue_exchange_messages_published_total": "published",
    "queue_messages_delivered_ack_total": "delivered",
    "queue_messages_acked_total": "acknowledged",
}
_BOTH = {"queue_messages_delivered_total", "queue_get_total"}
"""Delivered without need of an acknowledgement: these count as delivered and as acknowledged."""
_LINE = re.compile(r"rabbitmq_detailed_(\w+)\{([^}]*)\} (\d+(?:\.0+)?(?:e[+-]?\d+)?)$")
_QUEUE = re.compile(r'(?:^|,)queue="((?:[^"\\]|\\.)*)"')


class PrometheusStatistics:
    def __init__(self, uri: str, access: ConnectionParameters) -> None:
        self._http = BrokerHttp(uri, access, "the Prometheus endpoint", _LARGEST_ANSWER)

    async def fetch(self, vhost: str, now: float) -> Statistics:
        query = {"vhost": vhost, "family": _FAMILIES}
        body = await self._http.get("/metrics/detailed", query)
        return Statistics(now, await asyncio.to_thread(_read, body.decode(errors="replace")))

    async def close(self) -> None:
        await self._http.close()


def _read(text: str) -> dict[str, QueueStatistics]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in text.splitlines():
        found = _LINE.match(line)
        queue = _QUEUE.search(found[2]) if found else None
        if not found or not queue:
            continue
        name, metric, value = _unescape(queue[1]), found[1], int(float(found[3]))
        if metric in _FIELDS:
            counts[name][_FIELDS[metric]] += value
        elif metric in _BOTH:
            counts[name]["delivered"] += value
            counts[name]["acknowledged"] += value
    return {name: _complete(fields) for name, fields in counts.items() if "ready" in fields}


def _complete(fields: dict[str, int]) -> QueueStatistics:
    """A queue without a message so far has no counters yet: they are zero."""
    return QueueStatistics(
        ready=fields.get("ready", NOT_REPORTED),
        unacknowledged=fields.get("unacknowledged", NOT_REPORTED),
        consumers=fields.get("consumers", NOT_REPORTED),
        published=fields.get("published", 0),
        delivered=fields.get("delivered", 0),
        acknowledged=fields.get("acknowledged", 0),
    )


def _unescape(text: str) -> str:
    return text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
