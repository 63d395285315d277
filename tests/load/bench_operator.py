"""What the operator costs with many objects, and how soon it answers a burst.

First 100 objects at zero replicas: bursts of N x 20 messages, for N = 1, 10 and 50, until the PATCH
that asks for N. Then 1,000 objects over 1,000 queues, after a restart of the operator: at rest and
with bursts. The figures of the decisions are from the long run:

    .venv/bin/python -m tests.load.bench_operator --seconds 600

It starts an API server and a broker of its own on 127.0.0.1 and ends both.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from devcluster.programs import CONTROL_PLANE, programs
from tests.broker_node import Node
from tests.control_plane import ControlPlane
from tests.debian_rabbitmq import broker_to_test
from tests.integration.operator.manifests import autoscaler_of, deployment
from tests.integration.operator.process import Operator
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Broker, Stage
from tests.integration.operator.test_reaction import NO_TOLERANCE
from tests.load.operator_performance import bursts, steady
from tests.vhost import eventually

_CRD = Path(__file__).parents[2] / "charts/operator/crds/queueautoscalers.mare.dev.yaml"
_BATCH = 100
_CLASSIC = {"x-queue-type": "classic"}
"""A quorum queue takes 23 ms to declare instead of 4; a look at it answers the same."""
IMAGE = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""As in the Dockerfile."""
_PATIENCE_SECONDS = 900.0
_REACTING = 100
_REACTION_SECONDS = 0.4
_SETTLE_SECONDS = 120.0
"""A start waits for the last one's Lease; each object is active for its cooldown of 60 s; then that
is written, which took a busy machine 25 s."""
_RUNS = 30


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--objects", type=int, default=1000, help="0 leaves this part out")
    options.add_argument("--seconds", type=float, default=60, help="of rest; 600 for figures")
    options.add_argument("--skip-reaction", action="store_true")
    arguments = options.parse_args()
    settings = {"MARE_STATISTICS_SECONDS": "5", **IMAGE}
    if not arguments.skip_reaction:
        with operating(_REACTING, settings) as (stage, node, _, names):
            for part, needed in enumerate((1, 10, 50)):
                some = names[part * _RUNS : (part + 1) * _RUNS]
                result = bursts(stage, node, some, needed)
                show({"objects": _REACTING, "target_p95_s": _REACTION_SECONDS, **result})
    if arguments.objects:
        with operating(arguments.objects, settings) as (stage, node, operator, names):
            time.sleep(_SETTLE_SECONDS)
            operator.stop()  # objects with statuses take more than new ones
            operator.start()
            time.sleep(_SETTLE_SECONDS)
            show({"objects": len(names), **steady(stage, node, operator, arguments.seconds)})
            show({"objects": len(names), **bursts(stage, node, names[:_RUNS], 10)})


@contextmanager
def operating(
    count: int, settings: dict[str, str], *, tenants: Sequence[str] = ()
) -> Iterator[tuple[Stage, Node, Operator, list[str]]]:
    """An operator of so many objects, all at zero and ready; with tenants, of the whole cluster."""
    names = [f"bench-{number}" for number in range(count)]
    with (
        tempfile.TemporaryDirectory(prefix="mare-bench-") as folder,
        ControlPlane(programs(CONTROL_PLANE), Path(folder)) as control_plane,
        Node(broker_to_test()) as node,
        control_plane.client() as api,
    ):
        control_plane.define(_CRD)
        broker = Broker(node.amqp_uri, node.management_uri)
        stage = Stage(control_plane, "default", Path(folder), api, broker)
        stage.prepare()
        for tenant in tenants:
            control_plane.kubectl("create", "namespace", tenant)
        if tenants:
            settings = {**settings, "MARE_NAMESPACES": ""}
            # Without the policies: of 2,000 objects in a namespace each takes the API server 0.2 s.
            rights = rights_in(stage.namespace, [])
            stage.grant(each for each in rights if "Policy" not in each["kind"])
        _declare(node, names)
        _apply(stage, names)
        operator = stage.operator(**settings)
        print_line(f"{count} objects are there")
        try:
            eventually(lambda: _ready(stage) == count, _PATIENCE_SECONDS)
            yield stage, node, operator, names
        except AssertionError:
            print_line(operator.log.read_text()[-3000:])
            raise
        finally:
            stage.end()


def print_line(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def show(result: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    sys.stdout.flush()


def _declare(node: Node, names: list[str]) -> None:
    with node.connect() as connection:
        channel = connection.channel()
        for name in names:
            channel.queue_declare(name, durable=True, auto_delete=False, arguments=_CLASSIC)


def _apply(stage: Stage, names: list[str]) -> None:
    batches = [names[start : start + _BATCH] for start in range(0, len(names), _BATCH)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda some: stage.apply(*_documents(some)), batches))


def _documents(names: list[str]) -> Iterator[dict[str, object]]:
    """Workloads without Pods, and their objects."""
    for name in names:
        workload = deployment(name, 0)
        workload["spec"]["paused"] = True
        yield workload
        yield autoscaler_of(name, {"queues": [{"name": name}], "behavior": NO_TOLERANCE})


def _ready(stage: Stage) -> int:
    text = stage.api_server.kubectl(
        *("get", "qa", "-n", stage.namespace),
        '-o=jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
    )
    return text.split().count("True")


if __name__ == "__main__":
    main()
