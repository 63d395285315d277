"""Statistics from the detailed metrics of the Prometheus plugin: one request, without consumers."""

import re
import sys
from collections import defaultdict

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient, ResponseTooLarge
from mare.broker.queue_statistics import MAX_QUEUES, QueueStatistics, Statistics
from mare.broker.response_budget import OBJECTS_OF_QUEUE, ResponseShare
from mare.domain.observation import NOT_REPORTED, PEERS_UNKNOWN

_SOURCE = "the Prometheus endpoint"
_MAX_BYTES = 32 * 2**20
"""Of one response. 20,000 queues take 32 MiB."""
_MAX_LINE_BYTES = 2**16
_BLOCK_BYTES = 2**18
"""Parsed at once in a thread, in 8 ms."""
_MAX_COUNT = 2**53
_MAX_NAME_BYTES = 510
"""Of a queue. AMQP allows 255 bytes; Prometheus writes some characters as two."""
_FAMILIES = [
    "queue_coarse_metrics",
    "queue_consumer_count",
    "queue_delivery_metrics",
    "queue_exchange_metrics",
]
_FIELDS = {
    b"queue_messages_ready": "ready",
    b"queue_messages_unacked": "unacknowledged",
    b"queue_consumers": "consumers",
    b"queue_exchange_messages_published_total": "published",
    b"queue_messages_delivered_ack_total": "delivered",
    b"queue_messages_acked_total": "acknowledged",
    b"queue_messages_redelivered_total": "redelivered",
}
_WITHOUT_ACKNOWLEDGEMENT = {b"queue_messages_delivered_total", b"queue_get_total"}
"""Messages delivered in automatic acknowledgement mode: delivered and acknowledged at once."""
_LINE = re.compile(
    rb"^rabbitmq_detailed_(\w+)\{(.*)\} (\d{1,16}(?:\.0+)?(?:e[+-]?\d\d?)?)$", re.MULTILINE
)
_IDENTITY = re.compile(
    rb'^rabbitmq_identity_info\{.*rabbitmq_cluster_permanent_id="([^"]{0,1024})"', re.MULTILINE
)
_QUEUE = re.compile(rb'(?:^|,)queue="((?:[^"\\]|\\.){0,1024}+)"')
"""Without a bound and `+`, a name of 1 MiB took 138 MB and 0.1 s."""


class PrometheusStatistics:
    def __init__(self, uri: str, parameters: ConnectionParameters) -> None:
        self._share = ResponseShare(parameters.tenant)
        self._http = BrokerHttpClient(uri, parameters, _SOURCE, _MAX_BYTES)

    async def fetch(self, vhost: str, now: float) -> Statistics:
        """Implements `StatisticsSource`. The response is parsed as it arrives."""
        metrics = DetailedMetrics()
        block = bytearray()
        query = {"vhost": vhost, "family": _FAMILIES}
        async with self._http.stream("/metrics/detailed", query) as chunks:
            async for chunk in chunks:
                block += chunk
                if len(block) >= _BLOCK_BYTES:
                    block = await self._http.run_in_thread(metrics.parse, block)
                    self._share.reserve("statistics", len(metrics) * OBJECTS_OF_QUEUE)
        await self._http.run_in_thread(metrics.parse, block + b"\n")
        self._share.reserve("statistics", len(metrics) * OBJECTS_OF_QUEUE)
        queues = await self._http.run_in_thread(metrics.queues)
        return Statistics(now, queues, cluster=metrics.cluster)

    async def close(self) -> None:
        self._share.release()
        await self._http.close()


class DetailedMetrics:
    """Metrics added up by queue."""

    def __init__(self) -> None:
        self._counts: dict[bytes, dict[str, int]] = defaultdict(dict)
        self.cluster = ""
        """The permanent id of the cluster."""

    def __len__(self) -> int:
        return len(self._counts)

    def parse(self, block: bytearray) -> bytearray:
        """Add the complete lines of a block; return the rest, which begins the next block.

        Raises OSError for a line or a number of queues over the limit.
        """
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        if len(rest) > _MAX_LINE_BYTES:
            raise ResponseTooLarge(f"{_SOURCE} returns a line of more than 64 KiB")
        if identity := _IDENTITY.search(block, 0, end):
            self.cluster = identity[1].decode(errors="replace")
        for line in _LINE.finditer(block, 0, end):
            self._add_line(line)
        if len(self._counts) > MAX_QUEUES:
            raise ResponseTooLarge(f"{_SOURCE} returns more than {MAX_QUEUES:,} queues")
        return rest

    def _add_line(self, line: "re.Match[bytes]") -> None:
        metric, labels, value = line.groups()
        queue, count = _QUEUE.search(labels), int(float(value))
        if queue is None:
            return
        if count > _MAX_COUNT or len(queue[1]) > _MAX_NAME_BYTES:
            raise OSError(f"{_SOURCE} returns an unexpected response")
        if metric in _FIELDS:
            self._add(queue[1], _FIELDS[metric], count)
        elif metric in _WITHOUT_ACKNOWLEDGEMENT:
            self._add(queue[1], "delivered", count)
            self._add(queue[1], "acknowledged", count)

    def _add(self, queue: bytes, field: str, value: int) -> None:
        counts = self._counts[queue]
        counts[field] = counts.get(field, 0) + value

    def queues(self) -> dict[str, QueueStatistics]:
        """Return the statistics of each queue whose ready messages are reported."""
        return {
            sys.intern(_unescape(name.decode(errors="replace"))): _statistics_of(counts)
            for name, counts in self._counts.items()
            if "ready" in counts
        }


def _statistics_of(counts: dict[str, int]) -> QueueStatistics:
    """A counter that is missing is 0: RabbitMQ reports it after the first message."""
    return QueueStatistics(
        ready=counts.get("ready", NOT_REPORTED),
        unacknowledged=counts.get("unacknowledged", NOT_REPORTED),
        consumers=counts.get("consumers", NOT_REPORTED),
        published=counts.get("published", 0),
        delivered=counts.get("delivered", 0),
        acknowledged=counts.get("acknowledged", 0),
        redelivered=counts.get("redelivered", 0),
        peers=PEERS_UNKNOWN,
    )


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)
