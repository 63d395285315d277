"""Statistics from the management API: five requests, for the needed columns only."""

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Annotated

import msgspec

from mare.broker.connection_parameters import ConnectionParameters, path_segment
from mare.broker.http_client import BrokerHttpClient, EndpointMissing, ResponseTooLarge, T
from mare.broker.queue_statistics import MAX_QUEUES, QueueStatistics, Statistics
from mare.broker.response_budget import OBJECTS_OF_QUEUE, ResponseShare
from mare.broker.response_fields import Count, QueueName, Short
from mare.domain.alarms import ALARM_NOT_REPORTED, alarm_of
from mare.domain.observation import (
    AUTOMATIC_ACKNOWLEDGEMENT,
    NO_CONSUMERS,
    NO_PREFETCH,
    NOT_REPORTED,
    PEERS_UNKNOWN,
)
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused
from mare.tenant_scheduler import RESPONSE_OBJECTS

_QUEUE_COLUMNS = (
    "name,type,messages_ready,messages_unacknowledged,consumers,auto_delete,exclusive,"
    "message_stats.publish,message_stats.deliver_get,message_stats.ack,message_stats.redeliver,"
    "message_stats.deliver_no_ack,message_stats.get_no_ack,effective_policy_definition.expires,"
    "arguments"  # RabbitMQ returns all of them, also if one is named here
)
_CONSUMER_COLUMNS = (
    "queue.name,prefetch_count,ack_required,"
    "channel_details.name,channel_details.peer_host,channel_details.peer_port"
)
_CHANNEL_COLUMNS = "name,messages_unacknowledged"
_SOURCE = "the management API"
_MAX_BYTES = 11 * 2**20
"""Of one response. 30,000 queues take 10 MiB."""
_SHORT_BYTES = 2**16
"""Of a response about the cluster: 11 MiB of empty alarms took 207 MB."""
_MAX_OBJECTS = 130_000
"""JSON objects in one response: a decoded object takes 150 bytes, but only 12 in the response."""

Empty = list[None]
"""RabbitMQ returns [] for an object without fields."""

# One object for all queues: 30,000 copies would take 10 MB.
_NO_CONSUMERS = Unknown(NO_CONSUMERS, "the queue has no consumer whose prefetch count is known")
_NO_PREFETCH = Unknown(NO_PREFETCH, "a consumer has no prefetch count")
_NO_LIMIT = Unknown(
    AUTOMATIC_ACKNOWLEDGEMENT, "no prefetch count limits a consumer with automatic acknowledgement"
)
_NO_PEERS: Mapping[str, int] = {}


class _MessageStats(msgspec.Struct, gc=False):
    publish: Count = 0
    deliver_get: Count = 0
    ack: Count = 0
    deliver_no_ack: Count = 0
    get_no_ack: Count = 0
    redeliver: Count = 0


class _Arguments(msgspec.Struct, gc=False):
    single_active: bool = msgspec.field(name="x-single-active-consumer", default=False)
    expires: Count | None = msgspec.field(name="x-expires", default=None)


class _Policy(msgspec.Struct, gc=False):
    expires: Count | None = None


class _Queue(msgspec.Struct, gc=False):
    name: QueueName
    type: Short = ""
    messages_ready: Count | None = None
    messages_unacknowledged: Count | None = None
    consumers: Count | None = None
    auto_delete: bool = False
    exclusive: bool = False
    message_stats: _MessageStats | Empty | None = None
    arguments: _Arguments | Empty | None = None
    effective_policy_definition: _Policy | Empty | None = None

    @property
    def is_transient(self) -> bool:
        """Whether RabbitMQ deletes it some time after its last consumer has ended."""
        limits = (self.arguments, self.effective_policy_definition)
        expires = any(
            isinstance(each, _Arguments | _Policy) and each.expires is not None for each in limits
        )
        return self.auto_delete or self.exclusive or expires


class _QueueReference(msgspec.Struct, gc=False):
    name: QueueName


class _ChannelDetails(msgspec.Struct, gc=False):
    name: str = ""
    peer_host: Short | None = None
    peer_port: Count | Short | None = None


class _Consumer(msgspec.Struct, gc=False):
    queue: _QueueReference
    prefetch_count: Count | None = None
    ack_required: bool = True
    channel_details: _ChannelDetails | Empty | None = None


class _Channel(msgspec.Struct, gc=False):
    name: str
    messages_unacknowledged: Count | None = None


class _ClusterName(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(max_length=1_024)] = ""


class _Alarm(msgspec.Struct):
    resource: str = ""


class _Alarms(msgspec.Struct):
    alarms: list[_Alarm] = []


_QUEUES = msgspec.json.Decoder(list[_Queue])
_CONSUMERS = msgspec.json.Decoder(list[_Consumer])
_CHANNELS = msgspec.json.Decoder(list[_Channel])
_CLUSTER_NAME = msgspec.json.Decoder(_ClusterName | Empty)
_ALARMS = msgspec.json.Decoder(_Alarms | Empty)


class ManagementStatistics:
    """Statistics of queues, consumers and channels, the cluster's name and its alarms."""

    def __init__(self, uri: str, parameters: ConnectionParameters) -> None:
        self._share = ResponseShare(parameters.tenant)
        self._http = BrokerHttpClient(uri, parameters, _SOURCE, _MAX_BYTES)

    async def fetch(self, vhost: str, now: float) -> Statistics:
        """Implements `StatisticsSource`.

        Each response is decoded before the next request, so that only one is in memory, and in a
        thread: 10 MiB take 50 ms.
        """
        name = path_segment(vhost)
        queues = await self._get(f"/api/queues/{name}", _QUEUE_COLUMNS, _QUEUES)
        if len(queues) > MAX_QUEUES:
            raise ResponseTooLarge(f"{_SOURCE} returns more than {MAX_QUEUES:,} queues")
        self._share.reserve("statistics", len(queues) * OBJECTS_OF_QUEUE)
        consumers = await self._get(f"/api/consumers/{name}", _CONSUMER_COLUMNS, _CONSUMERS)
        channels = await self._get(f"/api/vhosts/{name}/channels", _CHANNEL_COLUMNS, _CHANNELS)
        cluster = await self._cluster_name()
        joined = await self._http.run_in_thread(_join, queues, consumers, channels)
        return Statistics(now, joined, cluster=cluster, alarm=await self._alarm())

    async def _cluster_name(self) -> str:
        try:
            body = await self._http.get("/api/cluster-name", {"columns": "name"}, most=_SHORT_BYTES)
        except EndpointMissing:
            return ""
        found = await self._http.decode(body, _CLUSTER_NAME)
        return found.name if isinstance(found, _ClusterName) else ""

    async def _alarm(self) -> Unknown | None:
        """Read the alarms of all nodes. A request takes 1 ms: it reads no statistics."""
        also = HTTPStatus.SERVICE_UNAVAILABLE
        try:
            body = await self._http.get("/api/health/checks/alarms", {}, also, _SHORT_BYTES)
        except (EndpointMissing, AccessRefused):
            return ALARM_NOT_REPORTED
        found = await self._http.decode(body, _ALARMS)
        return alarm_of(each.resource for each in found.alarms) if found else None

    async def _get(self, path: str, columns: str, decoder: "msgspec.json.Decoder[T]") -> T:
        async with self._http.body(path, {"columns": columns}) as body:
            self._share.reserve(path, await self._http.run_in_thread(_count_objects, body))
            return await self._http.decode(body, decoder)

    async def close(self) -> None:
        self._share.release()
        await self._http.close()


def _count_objects(body: bytearray) -> int:
    # 11 MiB of lists keep the interpreter, and so the event loop, for 40 ms while they are decoded.
    count = max(body.count(b"{"), body.count(b"["))
    if count > _MAX_OBJECTS:
        raise ResponseTooLarge(
            f"{_SOURCE} returns more than {_MAX_OBJECTS:,} JSON objects or lists"
        )
    return max(count, len(body) // RESPONSE_OBJECTS.bytes_each)  # names of channels have no bound


def _join(
    queues: list[_Queue], consumers: Iterable[_Consumer], channels: Iterable[_Channel]
) -> dict[str, QueueStatistics]:
    """Empty the list of queues: with their statistics, 29,000 of them take 16 MB."""
    unacknowledged = {each.name: each.messages_unacknowledged for each in channels}
    by_queue: dict[str, list[_Consumer]] = defaultdict(list)
    for consumer in consumers:
        by_queue[consumer.queue.name].append(consumer)
    joined: dict[str, QueueStatistics] = {}
    queues.reverse()
    while queues:
        queue = queues.pop()
        of_queue = by_queue.get(queue.name, ())
        joined[sys.intern(queue.name)] = _statistics_of(queue, of_queue, unacknowledged)
    return joined


def _statistics_of(
    queue: _Queue, consumers: Collection[_Consumer], unacknowledged: Mapping[str, int | None]
) -> QueueStatistics:
    transient = queue.is_transient
    stream = queue.type == "stream"
    # A new queue has no counts, and none has any while statistics are disabled. For up to 6 s after
    # the leader of a quorum queue has moved, both counts of messages are 0 (seen on 4.0.5): there
    # is no number of consumers until the new leader has reported.
    if queue.messages_ready is None or queue.consumers is None:
        return QueueStatistics(transient=transient, exclusive=queue.exclusive, stream=stream)
    stats = queue.message_stats
    counts = stats if isinstance(stats, _MessageStats) else _MessageStats()
    return QueueStatistics(
        ready=queue.messages_ready,
        consumers=_or_not_reported(queue.consumers),
        unacknowledged=_or_not_reported(queue.messages_unacknowledged),
        prefetch=_prefetch(consumers),
        published=counts.publish,
        delivered=counts.deliver_get,
        # A delivery without acknowledgement mode counts as acknowledged.
        acknowledged=counts.ack + counts.deliver_no_ack + counts.get_no_ack,
        redelivered=counts.redeliver,
        automatic=not all(consumer.ack_required for consumer in consumers),
        single_active=isinstance(queue.arguments, _Arguments) and queue.arguments.single_active,
        transient=transient,
        exclusive=queue.exclusive,
        stream=stream,
        peers=_peers(consumers, unacknowledged),
    )


def _or_not_reported(count: int | None) -> int | Unknown:
    return NOT_REPORTED if count is None else count


def _prefetch(consumers: Collection[_Consumer]) -> float | Unknown:
    if not consumers:
        return _NO_CONSUMERS
    if not all(consumer.ack_required for consumer in consumers):
        return _NO_LIMIT
    limits = [consumer.prefetch_count or 0 for consumer in consumers]
    if not all(limits):
        return _NO_PREFETCH
    return sum(limits) / len(limits)


def _peers(
    consumers: Iterable[_Consumer], unacknowledged: Mapping[str, int | None]
) -> Mapping[str, int] | Unknown:
    peers: dict[str, int] = defaultdict(int)
    for consumer in consumers:
        channel = consumer.channel_details
        count = unacknowledged.get(channel.name) if isinstance(channel, _ChannelDetails) else None
        if not isinstance(channel, _ChannelDetails) or channel.peer_host is None or count is None:
            return PEERS_UNKNOWN
        address = f"{channel.peer_host}:{channel.peer_port}"
        peers[address] = max(peers[address], count)
    return dict(peers) if peers else _NO_PEERS
