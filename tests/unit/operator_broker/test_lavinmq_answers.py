"""Answers in the shape that LavinMQ documents for its HTTP API, never read from a LavinMQ.

The fields are those of its OpenAPI description and of its source (`details_tuple`).
"""

import json
from typing import Any

import pytest

from mare.broker.management import ManagementStatistics
from mare.broker.queue_statistics import QueueStatistics
from mare.domain.unknown import Unknown
from tests.unit.operator_broker.statistics_server import FakeServer, fetch

COUNTERS = {"ack": 90, "deliver": 97, "deliver_get": 99, "get": 2, "get_no_ack": 1, "publish": 120}
QUEUE: dict[str, Any] = {
    "name": "orders",
    "vhost": "/",
    "durable": True,
    "exclusive": False,
    "auto_delete": False,
    "arguments": {"x-single-active-consumer": True},
    "consumers": 2,
    "messages": 29,
    "ready": 21,
    "unacked": 8,
    "messages_ready": 21,
    "messages_unacknowledged": 8,
    "policy": None,
    "exclusive_consumer_tag": None,
    "state": "running",
    "effective_policy_definition": {"expires": 60_000},
    "message_stats": {
        **COUNTERS,
        "redeliver": 3,
        "publish_details": {"rate": 1.5, "log": [1.0, 2.0]},
    },
    "internal": False,
}


def consumer(port: int) -> dict[str, Any]:
    channel = {"peer_host": "10.1.0.7", "peer_port": port, "user": "shop", "number": 1}
    return {
        "queue": {"name": "orders", "vhost": "/"},
        "consumer_tag": f"tag-{port}",
        "exclusive": False,
        "ack_required": True,
        "prefetch_count": 5,
        "priority": 0,
        "channel_details": {**channel, "connection_name": "worker", "name": f"channel-{port}"},
    }


def channel(port: int, unacknowledged: int) -> dict[str, Any]:
    peer = {"peer_host": "10.1.0.7", "peer_port": port, "name": "worker"}
    return {
        "number": 1,
        "name": f"channel-{port}",
        "vhost": "/",
        "prefetch_count": 5,
        "messages_unacknowledged": unacknowledged,
        "connection_details": peer,
    }


def server(queue: object, consumers: object) -> FakeServer:
    bodies = {
        "/api/queues/%2F": [queue],
        "/api/consumers/%2F": consumers,
        "/api/vhosts/%2F/channels": [channel(41, 5), channel(42, 3)],
    }
    missing = dict.fromkeys(("/api/cluster-name", "/api/health/checks/alarms"), 404)
    return FakeServer(
        {path: json.dumps(each).encode() for path, each in bodies.items()}, 200, missing
    )


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def test_whole_objects_have_all_fields_that_are_read():
    found = fetch(ManagementStatistics, server(QUEUE, [consumer(41), consumer(42)]))
    assert found["orders"] == QueueStatistics(
        ready=21,
        unacknowledged=8,
        consumers=2,
        prefetch=5.0,
        published=120,
        delivered=99,
        acknowledged=91,
        redelivered=3,
        automatic=False,
        single_active=True,
        transient=True,
        peers={"10.1.0.7:41": 5, "10.1.0.7:42": 3},
    )


def test_a_version_with_the_documented_names_of_counts_only_reports_no_count():
    queue = without(QUEUE, "messages_ready", "messages_unacknowledged")
    found = fetch(ManagementStatistics, server(queue, []))["orders"]
    assert isinstance(found.ready, Unknown)
    assert isinstance(found.unacknowledged, Unknown)


def test_requested_parts_of_an_object_are_missing_and_the_consumers_are_not_read():
    """Its `columns` are names of whole fields: it leaves out `queue.name`."""
    queue = without(QUEUE, "message_stats", "effective_policy_definition")
    consumers = [without(consumer(41), "queue", "channel_details")]
    assert fetch(ManagementStatistics, server(queue, []))["orders"].ready == 21
    with pytest.raises(OSError, match="the management API returns an unexpected response"):
        fetch(ManagementStatistics, server(queue, consumers))
