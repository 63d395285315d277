"""What Maré and KEDA cost by number of objects: processor time and memory.

``python -m tests.load.compare.controllers 1 100 1000`` makes as many workloads without replicas,
each with an empty queue, and then the objects of each autoscaler in random order. The controllers
are restarted before each row: their memory includes nothing of the row before. The rows are
printed, and kept in .cache/compare/controllers.json.

With ``--bursts 1`` a queue gets 20 messages each second, at most every 20 s the same one. They are
gone after 10 s, and the workload has one replica at most. Its Pods are never scheduled.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from devcluster.choosing import cluster_for_tests
from mare.simulation.load import Load
from mare.simulation.scenario import Scenario, SimulatedAutoscaler, Worker
from tests.e2e.application import Application, job, program
from tests.load.compare.autoscalers import acting, autoscalers, manifest
from tests.load.compare.observing import server_use, usage
from tests.load.compare.progress import log
from tests.load.keda import restart_keda
from tests.load.keda_stage import WORKER_URI, stage
from tests.vhost import becomes

_T = TypeVar("_T")
_SETTLES, _SECONDS = 90.0, 120.0
_READY_WITHIN = 1200.0
_BATCH = 100
_KEYS = ("objects", "autoscaler", "bursts")
_FILE = Path(".cache/compare/controllers.json")
_COLUMNS = {
    "objects": "objects:,",
    "bursts a second": "bursts:g",
    "autoscaler": "autoscaler",
    "changes of replicas": "changes",
    "millicores": "millicores:.0f",
    "of the controller manager": "manager_millicores:.0f",
    "of the API server": "api_server_millicores:.0f",
    "of the broker": "broker_millicores:.0f",
    "MiB": "mib:.0f",
    "connections": "connections:.0f",
    "opened a second": "opened_a_second:.1f",
    "AMQP packets a second": "packets_a_second:.0f",
    "HTTP requests a second": "http_a_second:.1f",
}
_ROW = "| " + " | ".join(f"{{{each}}}" for each in _COLUMNS.values()) + " |\n"
_SCENARIO = Scenario(
    name="controllers",
    seconds=_SECONDS,
    load=Load(),
    worker=Worker(service_seconds=0.5, workers=1),
    min_replicas=0,
    max_replicas=1,
    autoscalers=(),
)


def main() -> None:
    known = {each.name: each for each in autoscalers(_SCENARIO)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, default=[1, 100, 1000], help="of objects")
    parser.add_argument("--only", nargs="+", choices=known, default=list(known))
    parser.add_argument("--bursts", type=float, default=0.0, help="a second (0)")
    parser.add_argument("--seed", type=int, default=1, help="of the order (1)")
    given = parser.parse_args()
    sys.stdout.write(f"| {' | '.join(_COLUMNS)} |\n|---|---|{'---:|' * (len(_COLUMNS) - 2)}\n")
    with cluster_for_tests() as cluster, stage(cluster) as (shop, image):
        for number in given.numbers:
            names = [f"work-{n}" for n in range(number)]
            with _applied(shop, list(_workloads(image, names))):
                shop.apply(
                    job(image, "queues", ["timed.py", "declare", *names], AMQP_URI=WORKER_URI)
                )
                shop.printed_by("queues")
                order = in_random_order(given.only, f"{given.seed} {number}")
                log(f"{number:,} objects: {', '.join(order)}")
                for name in order:
                    row = _row(shop, image, names, known[name], given.bursts)
                    keep(_FILE, row)
                    sys.stdout.write(_ROW.format_map(row))
                    sys.stdout.flush()


def _row(
    shop: Application,
    image: str,
    names: Sequence[str],
    autoscaler: SimulatedAutoscaler,
    bursts: float,
) -> dict[str, Any]:
    restart_controllers(shop)
    scalers = [manifest(autoscaler, name, _SCENARIO) for name in names]
    kind = scalers[0]["kind"]
    with _applied(shop, scalers):
        becomes(lambda: len(acting(shop, kind)), len(names), _READY_WITHIN)
        with _bursts(shop, image, names, bursts):
            measured = _measured(shop, kind)
    return {"objects": len(names), "autoscaler": autoscaler.name, "bursts": bursts, **measured}


def in_random_order(of: Sequence[_T], seed: str) -> list[_T]:
    return Random(seed).sample(of, len(of))


def restart_controllers(shop: Application) -> None:
    """Restart Maré and KEDA; return when the new Pods are ready."""
    shop.kubectl("rollout", "restart", "deployment/operator")
    shop.roll_out("operator")
    restart_keda(shop.cluster)


def _workloads(image: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        workload = program(image, name, ["timed.py", "work", name, "1", "1"], AMQP_URI=WORKER_URI)
        workload["spec"]["replicas"] = 0
        workload["spec"]["template"]["spec"]["schedulingGates"] = [{"name": "mare.dev/never"}]
        yield workload


@contextmanager
def _applied(shop: Application, objects: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Make the objects, all of one kind and with consecutive numbers; delete them at the end."""
    for at in range(0, len(objects), _BATCH):
        shop.apply(*objects[at : at + _BATCH])
    try:
        yield
    finally:
        kind = objects[0]["kind"].lower()
        names = [each["metadata"]["name"] for each in objects]
        for at in range(0, len(names), _BATCH):
            shop.kubectl("delete", kind, *names[at : at + _BATCH], seconds=600)


def keep(file: Path, row: Mapping[str, Any], keys: Sequence[str] = _KEYS) -> None:
    """Add a row to a file of JSON, in place of one that is the same in these keys."""
    rows = json.loads(file.read_text()) if file.exists() else []
    others = [each for each in rows if any(each[key] != row[key] for key in keys)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([*others, row], indent=2, ensure_ascii=False))


@contextmanager
def _bursts(shop: Application, image: str, names: Sequence[str], a_second: float) -> Iterator[None]:
    if not a_second:
        yield
        return
    bursts = job(
        image, "bursts", ["timed.py", "bursts", f"{a_second}", *names], AMQP_URI=WORKER_URI
    )
    shop.apply(bursts)
    try:
        yield
    finally:
        shop.kubectl("delete", "job/bursts")


def _measured(shop: Application, kind: str) -> dict[str, Any]:
    time.sleep(_SETTLES)
    before, servers_before = usage(shop.cluster, kind), server_use(shop.cluster, shop.namespace)
    changes_before = _changes(shop)
    time.sleep(_SECONDS)
    after, servers = usage(shop.cluster, kind), server_use(shop.cluster, shop.namespace)
    return {
        "changes": _changes(shop) - changes_before,
        "millicores": after.cores_since(before) * 1000,
        "manager_millicores": after.manager_cores_since(before) * 1000,
        "mib": after.memory_mib,
        **servers.a_second_since(servers_before),
    }


def _changes(shop: Application) -> int:
    """Return how often the specs of all Deployments have changed."""
    items = shop.read("apis/apps/v1", "deployments")["items"]
    return sum(each["metadata"]["generation"] for each in items)


if __name__ == "__main__":
    main()
