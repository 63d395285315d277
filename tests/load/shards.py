"""Three operators share 3,000 objects, and each is killed in turn, again and again.

One object after the other needs its first replica, slowly enough to last until the last kill.
Prints how long shards were without a leader, how long objects waited for that replica, and each
change that was made twice or by an operator that did not lead: then it ends with 1. The figures are
from:

    .venv/bin/python -m tests.load.shards --objects 3000 --minutes 60

It starts an API server and a broker of its own on 127.0.0.1 and ends both.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from devcluster.programs import CONTROL_PLANE, programs
from tests.broker_node import Node
from tests.control_plane import ControlPlane
from tests.debian_rabbitmq import broker_to_test
from tests.integration.operator.sharded import NAMES, ShardedStage, by_others, delays, repeated
from tests.integration.operator.stage import Broker
from tests.load.bench_operator import IMAGE, print_line, show
from tests.vhost import Vhost, eventually

_CRD = Path(__file__).parents[2] / "charts/operator/crds/queueautoscalers.mare.dev.yaml"
_PATIENCE_SECONDS = 900.0
_LAST_ANSWER_SECONDS = 60.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--objects", type=int, default=3000)
    options.add_argument("--namespaces", type=int, default=30)
    options.add_argument("--queues", type=int, default=1, help="of each object (1)")
    options.add_argument("--minutes", type=float, default=0, help="of kills; 0: each once")
    options.add_argument("--lease-seconds", default="3.5")
    arguments = options.parse_args()
    settings = {"MARE_LEASE_SECONDS": arguments.lease_seconds, **IMAGE}
    namespaces = [f"sharded-{number}" for number in range(arguments.namespaces)]
    with (
        tempfile.TemporaryDirectory(prefix="mare-shards-") as folder,
        ControlPlane(programs(CONTROL_PLANE), Path(folder)) as control_plane,
        Node(broker_to_test()) as node,
    ):
        control_plane.define(_CRD)
        vhost = Vhost(node, "shards")
        stage = ShardedStage(
            control_plane,
            vhost,
            Broker(vhost.amqp_uri, node.management_uri),
            Path(folder),
            "sharded-home",
            namespaces,
            arguments.objects,
            queues=arguments.queues,
            probe_seconds=max(0.5, 70 * arguments.minutes / arguments.objects),
            settings=settings,
        )
        stage.prepare()
        print_line(f"{arguments.objects} objects are there")
        try:
            for name in NAMES:
                stage.start(name)
            eventually(stage.is_balanced, _PATIENCE_SECONDS)
            print_line(f"shards: {stage.led()}")
            result = _played(stage, arguments.minutes)
        finally:
            stage.end()
    show(result)
    failed = failures(result)
    sys.exit(f"Broken promises: {', '.join(failed)}" if failed else 0)


def failures(result: Mapping[str, Any]) -> list[str]:
    """Return what the result of a run breaks, or does not show."""
    broken = [name for name in ("repeated", "by_others", "unanswered") if result[name]]
    silent = [] if result["probes_after_the_last_kill"] else ["no probes after the last kill"]
    return broken + silent


def _played(stage: ShardedStage, minutes: float) -> dict[str, object]:
    takeovers, kills, memory, end = [], [], [], time.monotonic() + 60 * minutes
    with stage.probed() as probes:
        while not takeovers or time.monotonic() < end:
            for name in NAMES:
                memory.append(max(each.rss_bytes() for each in stage.operators.values()) / 1e6)
                kills.append(time.time())
                takeovers.append(stage.kill(name))
                stage.start(name)
                eventually(stage.is_balanced, _PATIENCE_SECONDS)
                print_line(f"{name} killed: {takeovers[-1]:.1f} s; {stage.led()}")
    with suppress(AssertionError):
        eventually(lambda: None not in delays(stage, probes).values(), _LAST_ANSWER_SECONDS)
    found = delays(stage, probes)
    waits = sorted(wait for wait in found.values() if wait is not None)
    longest = next(each for each, wait in found.items() if wait == waits[-1])
    unlogged = {
        f"{each.namespace}/{each.name}": stage.replicas(each.namespace, each.name)
        for each, wait in found.items()
        if wait is None
    }
    return {
        "objects": stage.objects,
        "queues_of_an_object": stage.queues,
        "kills": len(kills),
        "longest_takeover_s": round(max(takeovers), 1),
        "probes": len(probes),
        "probes_after_the_last_kill": sum(each.at > kills[-1] for each in probes),
        "p50_s": round(statistics.median(waits), 2),
        "p95_s": round(waits[int(0.95 * len(waits)) - 1], 2),
        "longest_s": round(waits[-1], 1),
        "kills_within_the_longest": sum(0 <= at - longest.at <= waits[-1] for at in kills),
        "unlogged": unlogged,
        "unanswered": [name for name, replicas in unlogged.items() if not replicas],
        "patches": sum(map(len, stage.patches().values())),
        "repeated": repeated(stage),
        "by_others": by_others(stage),
        "rss_highest_mb": round(max(memory), 1),
        "load_average": round(os.getloadavg()[1], 1),
    }


if __name__ == "__main__":
    main()
