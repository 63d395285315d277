"""On the cluster: a load that comes back every two minutes, with a forecast and without one.

``python -m tests.load.recurring_load [TIMES]`` uses the cluster of `make cluster`, or starts one.
Each time, 40 messages arrive at once for Pods that take 20 s to start and 1 s for a message. In
between the workload is idle, at zero replicas.
"""

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devcluster.choosing import cluster_for_tests
from tests.e2e.application import Application, job, program
from tests.e2e.release import chart_with_dependencies, installed, pushed_images

PERIOD = 120
MESSAGES = 40
STARTS, TAKES = "20", "1"
MODES = {"work-with": "On", "work-without": "Off"}
"""The queue, which is also the name of its workload, and `spec.forecast.mode`."""


def main(times: int = 8) -> None:
    with cluster_for_tests() as cluster, TemporaryDirectory() as folder:
        images = pushed_images(cluster)
        with installed(cluster, images, chart_with_dependencies(Path(folder))) as application:
            lines = _run(application, images["services"], times)
    _report([json.loads(line) for line in lines])


def _run(application: Application, image: str, times: int) -> list[str]:
    """Return what the publisher prints."""
    uri = {"name": "mare-rabbitmq-worker", "key": "amqp-uri"}
    for queue, mode in MODES.items():
        command = ["recurring.py", "work", queue, STARTS, TAKES]
        deployment = program(image, queue, command, AMQP_URI=uri)
        deployment["spec"]["replicas"] = 0
        application.apply(deployment, _autoscaler(queue, mode))
    command = ["recurring.py", "publish", str(MESSAGES), str(times), str(PERIOD), *MODES]
    application.apply(job(image, "publisher", command, AMQP_URI=uri))
    return application.printed_by("publisher", times * PERIOD + 300).splitlines()


def _autoscaler(queue: str, mode: str) -> dict[str, Any]:
    return {
        "apiVersion": "mare.dev/v1alpha1",
        "kind": "QueueAutoscaler",
        "metadata": {"name": queue},
        "spec": {
            "scaleTargetRef": {"name": queue},
            "brokerRef": {"secretName": "mare-rabbitmq-operator"},
            "maxReplicas": 10,
            "queues": [{"name": queue}],
            "idle": {"cooldownSeconds": 10},
            "forecast": {"mode": mode},
        },
    }


def _report(messages: list[dict[str, Any]]) -> None:
    waits: dict[tuple[int, str], list[float]] = defaultdict(list)
    for each in messages:
        waits[each["time"], each["queue"]].append(each["wait"])
    sys.stdout.write("| time | " + " | ".join(f"{q}: first, p50, last" for q in MODES) + " |\n")
    for time in sorted({time for time, _ in waits}):
        cells = (_cell(waits[time, queue]) for queue in MODES)
        sys.stdout.write(f"| {time + 1} | {' | '.join(cells)} |\n")


def _cell(waits: list[float]) -> str:
    return f"{min(waits):.1f}, {statistics.median(waits):.1f}, {max(waits):.1f} s ({len(waits)})"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
