"""Statistics from the management API: three requests, only the columns needed."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttp
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.domain.observation import NOT_REPORTED
from mare.domain.unknown import Unknown

_QUEUES = (
    "name,type,messages_ready,messages_unacknowledged,consumers,auto_delete,exclusive,"
    "message_stats.publish,message_stats.deliver_get,message_stats.ack,"
    "message_stats.deliver_no_ack,message_stats.get_no_ack"
)
_CONSUMERS = (
    "queue.name,prefetch_count,ack_required,"
    "channel_details.name,channel_details.peer_host,channel_details.peer_port"
)
_CHANNELS = "name,messages_unacknowledged"
_LARGEST_ANSWER = 8 * 2**20
"""30,000 queues, which take 130 MB to understand."""

Item = Mapping[str, Any]


class ManagementStatistics:
    """What `GET /api/queues`, `/api/consumers` and `/api/vhosts/X/channels` tell."""

    def __init__(self, uri: str, access: ConnectionParameters) -> None:
        self._http = BrokerHttp(uri, access, "the management API", _LARGEST_ANSWER)

    async def fetch(self, vhost: str, now: float) -> Statistics:
        name = quote(vhost, safe="")
        queues = await self._http.get(f"/api/queues/{name}", {"columns": _QUEUES})
        consumers = await self._http.get(f"/api/consumers/{name}", {"columns": _CONSUMERS})
        channels = await self._http.get(f"/api/vhosts/{name}/channels", {"columns": _CHANNELS})
        return Statistics(now, await asyncio.to_thread(_joined, queues, consumers, channels))

    async def close(self) -> None:
        await self._http.close()


def _joined(queues: bytes, consumers: bytes, channels: bytes) -> dict[str, QueueStatistics]:
    return _join(_items(queues), _items(consumers), _items(channels))


def _items(body: bytes) -> list[Item]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise OSError("the management API answers with something else than JSON") from error
    if not isinstance(answer, list):
        raise OSError("the management API answers with something else than a list")
    return answer


def _join(
    queues: Iterable[Item], consumers: Iterable[Item], channels: Iterable[Item]
) -> dict[str, QueueStatistics]:
    busy = {each["name"]: each.get("messages_unacknowledged") for each in channels}
    of_queue: dict[str, list[Item]] = defaultdict(list)
    for consumer in consumers:
        of_queue[consumer["queue"]["name"]].append(consumer)
    return {each["name"]: _read(each, of_queue.get(each["name"], ()), busy) for each in queues}


def _read(queue: Item, consumers: Iterable[Item], busy: Mapping[str, Any]) -> QueueStatistics:
    ready = queue.get("messages_ready", NOT_REPORTED)
    transient = bool(queue.get("auto_delete") or queue.get("exclusive"))
    exclusive = bool(queue.get("exclusive"))
    stream = queue.get("type") == "stream"
    if isinstance(ready, Unknown):  # the queue is too young for statistics, or they are off
        return QueueStatistics(transient=transient, exclusive=exclusive, stream=stream)
    counts = queue.get("message_stats") or {}
    return QueueStatistics(
        ready=ready,
        consumers=queue.get("consumers", NOT_REPORTED),
        unacknowledged=queue.get("messages_unacknowledged", NOT_REPORTED),
        prefetch=_prefetch(consumers),
        published=counts.get("publish", 0),
        delivered=counts.get("deliver_get", 0),
        acknowledged=sum(counts.get(each, 0) for each in ("ack", "deliver_no_ack", "get_no_ack")),
        transient=transient,
        exclusive=exclusive,
        stream=stream,
        peers=_peers(consumers, busy),
    )


def _prefetch(consumers: Iterable[Item]) -> float | Unknown:
    limits: list[int] = [consumer.get("prefetch_count", 0) for consumer in consumers]
    if not limits:
        return Unknown("NoConsumers", "no consumer is there to show its prefetch")
    if not all(limits):
        return Unknown("NoPrefetch", "a consumer takes messages without a limit")
    return sum(limits) / len(limits)


def _peers(consumers: Iterable[Item], busy: Mapping[str, Any]) -> Mapping[str, int] | Unknown:
    peers: dict[str, int] = defaultdict(int)
    for consumer in consumers:
        channel = consumer.get("channel_details") or {}
        host, count = channel.get("peer_host"), busy.get(channel.get("name", ""))
        if not isinstance(host, str) or not isinstance(count, int):
            return Unknown("PeersUnknown", "the broker does not tell whose messages are running")
        address = f"{host}:{channel.get('peer_port')}"
        peers[address] = max(peers[address], count)
    return dict(peers)
