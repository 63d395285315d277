"""What hostile tenants do to the others: bursts of 100 honest objects without them and beside them.

There is one tenant for each attack of `hostile_brokers`, with 20 objects and Secrets each; one with
8 objects whose patterns are slow, on a virtual host of 5,000 queues; one with 3,000 objects that
select a missing queue; and one that changes an object 10 times a second.

    .venv/bin/python -m tests.load.bench_tenants

It starts an API server and a broker of its own on 127.0.0.1 and ends both.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.broker_node import Node
from tests.integration.operator.manifests import autoscaler_of
from tests.integration.operator.stage import Stage
from tests.load.bench_operator import IMAGE, operating, print_line, show
from tests.load.hostile_brokers import (
    drip,
    endless_list,
    endless_text,
    hostile_broker,
    huge_frame,
    silence,
)
from tests.load.operator_performance import bursts

ATTACKS = {each.__name__.replace("_", "-"): each for each in (huge_frame, silence, drip)}
HTTP_ATTACKS = {each.__name__.replace("_", "-"): each for each in (endless_list, endless_text)}
OTHERS = ("patterns", "flood", "changes")
_OBJECTS = 20
_QUEUES = 5_000
_FLOOD = 3_000
_BATCH = 250
_RUNS = 30
_ACTS_SECONDS = 60.0


def main() -> None:
    tenants = (*ATTACKS, *HTTP_ATTACKS, *OTHERS)
    settings = {"MARE_STATISTICS_SECONDS": "5", **IMAGE}
    with operating(100, settings, tenants=tenants) as (stage, node, operator, names):
        alone = bursts(stage, node, names[:_RUNS], 10)
        show({"tenants": 0, **alone, "rss_highest_mb": operator.highest_rss_bytes() / 1e6})
        with ExitStack() as stack:
            for start in (_brokers, _patterns, _flood, _changes):
                stack.enter_context(start(stage, node))
            print_line("the tenants are there")
            time.sleep(_ACTS_SECONDS)
            beside = bursts(stage, node, names[_RUNS : 2 * _RUNS], 10)
            show(
                {
                    "tenants": len(tenants),
                    **beside,
                    "rss_highest_mb": operator.highest_rss_bytes() / 1e6,
                    "p95_ratio": round(float(str(beside["p95_s"])) / float(str(alone["p95_s"])), 2),
                    "leader_all_along": operator.metric("mare_leader "),
                }
            )


def _in(stage: Stage, namespace: str) -> Stage:
    return Stage(stage.api_server, namespace, stage.folder, stage.api, stage.broker)


@contextmanager
def _brokers(stage: Stage, node: Node) -> Iterator[None]:
    with ExitStack() as stack:
        for name, attack in {**ATTACKS, **HTTP_ATTACKS}.items():
            port = stack.enter_context(hostile_broker(attack))
            tenant = _in(stage, name)
            for number in range(_OBJECTS):
                # Different users: equal Secrets would share a connection.
                login = f"user-{number}:x@127.0.0.1:{port}"
                uris = {"amqp-uri": f"amqp://{login}/"}
                if name in HTTP_ATTACKS:
                    uris = {"amqp-uri": node.amqp_uri, "management-uri": f"http://{login}"}
                tenant.secret(uris, f"broker-{number}")
                tenant.apply(_autoscaler(f"worker-{number}", f"broker-{number}"))
        yield


@contextmanager
def _patterns(stage: Stage, node: Node) -> Iterator[None]:
    tenant = _in(stage, "patterns")
    node.management.call("PUT", "vhosts", "patterns")
    with node.connect("patterns") as connection:
        channel = connection.channel()
        for number in range(_QUEUES):
            channel.queue_declare(
                "a" * 200 + f"-{number}", durable=True, auto_delete=False, arguments={}
            )
    uri = node.amqp_uri.rpartition("/")[0] + "/patterns"
    tenant.secret({"amqp-uri": uri, "management-uri": node.management_uri}, "broker")
    slow = [{"pattern": "*a" * 60 + f"*b{number}"} for number in range(20)]
    for number in range(8):
        tenant.apply(_autoscaler(f"worker-{number}", "broker", queues=slow))
    yield


@contextmanager
def _flood(stage: Stage, node: Node) -> Iterator[None]:
    tenant = _in(stage, "flood")
    tenant.secret(stage.broker.secret, "broker")
    for start in range(0, _FLOOD, _BATCH):
        numbers = range(start, start + _BATCH)
        tenant.apply(*(_autoscaler(f"worker-{number}", "broker") for number in numbers))
    yield


@contextmanager
def _changes(stage: Stage, node: Node) -> Iterator[None]:
    tenant, ended = _in(stage, "changes"), threading.Event()
    tenant.secret(stage.broker.secret, "broker")
    tenant.apply(_autoscaler("worker", "broker"))

    def change() -> None:
        most = 10
        while not ended.wait(0.1):
            most = 21 - most
            tenant.change({"maxReplicas": most})

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)


def _autoscaler(name: str, secret: str, **spec: Any) -> Mapping[str, Any]:
    return autoscaler_of(
        name, {"brokerRef": {"secretName": secret}, "queues": [{"name": "missing"}], **spec}
    )


if __name__ == "__main__":
    main()
