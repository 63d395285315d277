"""Three operators share 1,000 objects, and each is killed in turn, again and again.

Every fourth time, the operator is stopped (SIGSTOP) until others lead its shards, and goes on. One
object after the other needs its first replica, slowly enough to last until the last fault; then
each object becomes idle and needs it once more. Prints how long shards were without a leader and
how long objects waited for that replica. It ends with 1 if

- a takeover takes more than 15 s, or an object waits longer than 15 s and the takeovers meanwhile;
- an object gets no replica, another PATCH than the one it needs, or one by a process that does not
  lead it, such as one that was stopped.

The figures are from:

    .venv/bin/python -m tests.load.shards --objects 1000 --minutes 60

It starts an API server and a broker of its own on 127.0.0.1 and ends both.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from devcluster.programs import CONTROL_PLANE, programs
from tests.broker_node import Node
from tests.control_plane import ControlPlane
from tests.debian_rabbitmq import broker_to_test
from tests.integration.operator.shard_audit import PAUSE_SECONDS, Fault, surplus, too_late
from tests.integration.operator.sharded import NAMES, ShardedStage
from tests.integration.operator.stage import Broker
from tests.load.bench_operator import IMAGE, print_line, show
from tests.vhost import Vhost, eventually

_CRD = Path(__file__).parents[2] / "charts/operator/crds/queueautoscalers.mare.dev.yaml"
_PATIENCE_SECONDS = 900.0
_STOP_EACH, _FIRST_STOP = 4, 2
"""Which faults stop an operator. Every third one would always stop the same of three."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--objects", type=int, default=1000)
    options.add_argument("--namespaces", type=int, default=30)
    options.add_argument("--queues", type=int, default=1, help="of each object (1)")
    options.add_argument("--minutes", type=float, default=0, help="of kills; 0: each once")
    options.add_argument("--lease-seconds", default="3.5")
    options.add_argument("--folder", help="an existing one, in which the logs remain")
    arguments = options.parse_args()
    usual = {"MARE_SECRET_SECONDS": "30"}  # tests read Secrets every 2 s
    settings = {"MARE_LEASE_SECONDS": arguments.lease_seconds, **usual, **IMAGE}
    namespaces = [f"sharded-{number}" for number in range(arguments.namespaces)]
    with (
        _folder(arguments.folder) as folder,
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
            print_line(f"shards: {_led(stage)}")
            result = _played(stage, arguments.minutes)
        finally:
            stage.end()
    show(result)
    failed = failures(result)
    sys.exit(f"Broken promises: {', '.join(failed)}" if failed else 0)


def _folder(name: str | None) -> AbstractContextManager[str]:
    return nullcontext(name) if name else tempfile.TemporaryDirectory(prefix="mare-shards-")


def failures(result: Mapping[str, Any]) -> list[str]:
    """Return what the result of a run breaks, or does not show."""
    promises = ("slow_takeovers", "late", "surplus", "by_others", "unanswered")
    broken = [name for name in promises if result[name]]
    silent = [] if result["probes_after_the_last_fault"] else ["no probes after the last fault"]
    return broken + silent


def _played(stage: ShardedStage, minutes: float) -> dict[str, object]:
    faults: list[Fault] = []
    stops, memory, end = 0, [], time.monotonic() + 60 * minutes
    with stage.probed() as probes:
        for number in count():
            if number >= len(NAMES) and time.monotonic() >= end:
                break
            name, is_stop = NAMES[number % len(NAMES)], number % _STOP_EACH == _FIRST_STOP
            memory.append(max(each.rss_bytes() for each in stage.operators.values()) / 1e6)
            faults.append(stage.stop(name) if is_stop else stage.kill(name))
            stops += is_stop
            eventually(stage.is_balanced, _PATIENCE_SECONDS)
            what = f"{name} {'stopped' if is_stop else 'killed'}"
            print_line(f"{what}: {faults[-1].takeover_seconds:.1f} s; {_led(stage)}")
    unlogged = stage.unlogged(probes)
    found = stage.delays(probes)
    print_line(f"{len(probes)} objects were probed; now each of them at the end")
    last, of_last = stage.last_round(probes)
    unlogged |= of_last
    at_end = stage.delays([each for each in last if each.replicas])
    longest = max(found, key=lambda each: found[each] or 0)
    return {
        "objects": stage.objects,
        "queues_of_an_object": stage.queues,
        "kills": len(faults) - stops,
        "stops": stops,
        "takeovers": _figures([each.takeover_seconds for each in faults]),
        "slow_takeovers": [_shown(e) for e in faults if e.takeover_seconds > PAUSE_SECONDS],
        "probes": len(probes),
        "probes_after_the_last_fault": sum(each.at > faults[-1].at for each in probes),
        "waits": _figures(found.values()),
        "faults_within_the_longest": [
            _shown(each) for each in faults if 0 <= each.at - longest.at <= (found[longest] or 0)
        ],
        "waits_at_the_end": _figures(at_end.values()),
        "late": too_late(found | at_end, faults, stage.shards, stage.api_server.requests()),
        "unlogged": {f"{each.namespace}/{each.name}": n for each, n in unlogged.items()},
        "unanswered": [asdict(each) for each, n in unlogged.items() if n != each.replicas],
        "patches": sum(map(len, stage.patches().values())),
        "surplus": surplus(stage.patches(), [*probes, *last]),
        "by_others": stage.by_others(),
        "rss_highest_mb": round(max(memory), 1),
        "load_average": round(os.getloadavg()[1], 1),
    }


def _shown(fault: Fault) -> dict[str, object]:
    return {**asdict(fault), "shards": sorted(fault.shards)}


def _led(stage: ShardedStage) -> dict[str, list[int]]:
    return {name: sorted(shards) for name, shards in stage.led().items()}


def _figures(seconds: Iterable[float | None]) -> dict[str, float]:
    known = sorted(each for each in seconds if each is not None)
    if not known:
        return {}
    return {
        "p50_s": round(statistics.median(known), 2),
        "p95_s": round(known[int(0.95 * len(known)) - 1], 2),
        "longest_s": round(known[-1], 1),
    }


if __name__ == "__main__":
    main()
