"""Nodes of different versions: the statistics of one node's queues may lack a field.

Counters are not among these: RabbitMQ reports none before the first message, so that an absent one
is 0.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from mare.broker.management import ManagementStatistics
from mare.broker.prometheus import PrometheusStatistics
from mare.broker.queue_statistics import QueueStatistics
from mare.domain.observation import NO_PREFETCH
from mare.domain.unknown import Unknown
from tests.unit.operator_broker.statistics_server import FakeServer, fetch, management_of

COUNTS = {"ready": 7, "unacknowledged": 3, "consumers": 2}
KEYS = {
    "ready": "messages_ready",
    "unacknowledged": "messages_unacknowledged",
    "consumers": "consumers",
}
METRICS = {
    "ready": "queue_messages_ready",
    "unacknowledged": "queue_messages_unacked",
    "consumers": "queue_consumers",
}


def queue_of(node: str, *absent: str) -> dict[str, Any]:
    """One of a node, without some fields."""
    counters = {"publish": 30, "deliver_get": 23, "ack": 20}
    counts = {key: COUNTS[name] for name, key in KEYS.items() if name not in absent}
    return {"name": node, "node": f"rabbit@{node}", **counts, "message_stats": counters}


def consumer_of(node: str, *absent: str) -> dict[str, Any]:
    channel = {"name": node, "peer_host": "10.0.0.1", "peer_port": 4_000}
    found = {
        "queue": {"name": node},
        "ack_required": True,
        "prefetch_count": 4,
        "channel_details": {key: channel[key] for key in channel if key not in absent},
    }
    return {key: value for key, value in found.items() if key not in absent}


def channel_of(node: str, *absent: str) -> dict[str, Any]:
    found = {"name": node, "messages_unacknowledged": 3}
    return {key: value for key, value in found.items() if key not in absent}


def reported(absent: str = "") -> Mapping[str, QueueStatistics]:
    """Statistics of a queue on each of two nodes; those of `old` lack a field."""
    nodes = {"new": "", "old": absent}
    return fetch(
        ManagementStatistics,
        management_of(
            [queue_of(*each) for each in nodes.items()],
            [consumer_of(*each) for each in nodes.items()],
            [channel_of(*each) for each in nodes.items()],
        ),
    )


def metrics_of(absent: str) -> Mapping[str, QueueStatistics]:
    lines = [
        f'rabbitmq_detailed_{metric}{{vhost="/",queue="{node}"}} {COUNTS[name]}'
        for node in ("new", "old")
        for name, metric in METRICS.items()
        if node == "new" or name != absent
    ]
    server = FakeServer({"/metrics/detailed": "\n".join(lines).encode()})
    return fetch(PrometheusStatistics, server)


@pytest.mark.parametrize("absent", COUNTS)
@pytest.mark.parametrize("read", [reported, metrics_of])
def test_a_count_that_one_node_does_not_report_is_unknown_and_not_0(read, absent):
    found = read(absent)

    new, old = found["new"], found.get("old", QueueStatistics())
    assert {name: getattr(new, name) for name in COUNTS} == COUNTS
    assert isinstance(getattr(old, absent), Unknown)
    for name, count in COUNTS.items():
        value = getattr(old, name)
        assert value == count or (isinstance(value, Unknown) and value.reason and value.cause)


@pytest.mark.parametrize(
    ("absent", "field"),
    [
        pytest.param("channel_details", "peers", id="the channel of its consumers"),
        pytest.param("peer_host", "peers", id="the address of its consumers"),
        pytest.param("messages_unacknowledged", "peers", id="what its channels hold"),
        pytest.param("prefetch_count", "prefetch", id="the prefetch count"),
    ],
)
def test_what_one_node_does_not_report_of_consumers_is_unknown(absent, field):
    complete, found = reported()["new"], reported(absent)

    assert (complete.peers, complete.prefetch) == ({"10.0.0.1:4000": 3}, 4)
    assert found["new"] == complete
    unknown = getattr(found["old"], field)
    assert isinstance(unknown, Unknown)
    assert unknown.reason in {NO_PREFETCH, "PeersUnknown", "NotReported"}
    same = {each.name for each in fields(QueueStatistics)} - {field}
    assert all(getattr(found["old"], each) == getattr(complete, each) for each in same)
