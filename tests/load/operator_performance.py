"""What an operator costs, and how soon it acts, as its process and the API server's log tell."""

import os
import statistics
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import amqp

from tests.broker_node import Node
from tests.integration.operator.process import Operator
from tests.integration.operator.stage import Stage
from tests.vhost import Vhost, eventually

_EACH = 20
"""Messages that one replica is to have."""


def steady(stage: Stage, node: Node, operator: Operator, seconds: float) -> dict[str, object]:
    """What it costs while nothing happens."""
    before, cpu, begun = len(stage.requests()), operator.cpu_seconds(), time.monotonic()
    rounds = operator.histogram("mare_round_seconds")
    time.sleep(seconds)
    passed = time.monotonic() - begun
    requests = stage.requests()[before:]
    writes = [each for each in requests if each.verb not in ("get", "list", "watch")]
    connections = [
        each
        for each in node.management.call("GET", "connections")
        if each.get("user_provided_name") == "mare"
    ]
    return {
        "seconds": round(passed, 1),
        "cpu_cores": round((operator.cpu_seconds() - cpu) / passed, 3),
        "rss_mb": round(operator.rss_bytes() / 1e6, 1),
        "rss_highest_mb": round(operator.highest_rss_bytes() / 1e6, 1),
        "api_writes": len(writes),
        "api_reads": len(requests) - len(writes),
        "broker_connections": len(connections),
        "rounds_under_1_s": operator.share_under("mare_round_seconds", "1.0", rounds),
        "rounds_under_0.25_s": operator.share_under("mare_round_seconds", "0.25", rounds),
        "load_average": round(os.getloadavg()[1], 1),
    }


def bursts(stage: Stage, node: Node | Vhost, names: Iterable[str], needed: int) -> dict[str, float]:
    return summary([burst(stage, node, name, needed) for name in names], needed)


def burst(stage: Stage, node: Node | Vhost, name: str, needed: int) -> tuple[float, int]:
    """Return the seconds from a burst to the PATCH for all replicas that it needs, and the PATCHes.

    The name is a queue and a workload at zero. The API server says when a PATCH arrived; both
    clocks are this machine's.
    """
    with node.connect() as connection:
        channel = connection.channel()
        channel.tx_select()
        for _ in range(needed * _EACH):
            channel.basic_publish(amqp.Message(b"x"), routing_key=name)
        begun = datetime.now().astimezone()
        channel.tx_commit()  # no message is in the queue before
    eventually(lambda: stage.replicas(name) == needed)
    eventually(lambda: stage.counts(name)[-1:] == [needed])
    changes = _changes(stage, name)
    reached = next(each for each in changes if each.body["spec"]["replicas"] == needed)
    return (reached.time - begun).total_seconds(), len(changes)


def summary(found: Iterable[tuple[float, int]], needed: int) -> dict[str, float]:
    """Return the figures of bursts: their seconds and PATCHes."""
    waits, patches = zip(*sorted(found), strict=True)
    return {
        "replicas": needed,
        "bursts": len(waits),
        "p50_s": round(statistics.median(waits), 3),
        "p95_s": round(waits[int(0.95 * len(waits)) - 1], 3),
        "max_s": round(waits[-1], 3),
        "in_one_patch": patches.count(1),
        "most_patches": max(patches),
    }


def _changes(stage: Stage, name: str) -> list[Any]:
    return [
        each
        for each in stage.requests()
        if each.name == name and each.resource == "deployments/scale" and each.verb == "patch"
    ]
