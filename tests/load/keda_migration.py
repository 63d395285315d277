"""Migrates four workloads from KEDA to Maré and back, on the cluster, under a constant load.

``python -m tests.load.keda_migration [SECONDS]`` uses the cluster of `make cluster`, or starts one.
It runs the commands that `mare convert` prints, and prints the waits of each phase of SECONDS. The
exit code is 1 if a message was not processed, or a workload was without an autoscaler for 2 s.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from devcluster.choosing import cluster_for_tests
from devcluster.cluster import Cluster
from tests.e2e.application import Application, job, program
from tests.load.keda_stage import NAMESPACE, WORKER_URI, stage, trigger
from tests.load.scaler_watch import ScalerWatch, handovers
from tests.vhost import becomes, eventually

TAKES = "0.4"
LONGEST_GAP = 2.0
SETTLES = 12.0
"""Seconds between the steps of one workload and those of the next one."""


WORKLOADS: Mapping[str, dict[str, Any]] = {
    "work-length": {"minReplicaCount": 1, "triggers": [trigger("work-length", "QueueLength", "5")]},
    "work-rate": {"minReplicaCount": 1, "triggers": [trigger("work-rate", "MessageRate", "1.5")]},
    "work-amqp": {
        "minReplicaCount": 1,
        "triggers": [trigger("work-amqp", "QueueLength", "5", "amqp")],
    },
    "work-zero": {
        "minReplicaCount": 0,
        "cooldownPeriod": 20,
        "triggers": [
            trigger("work-zero", "QueueLength", "5"),
            trigger("work-zero", "MessageRate", "1.5"),
        ],
    },
}
"""By the name of the queue, which is also that of the Deployment and the ScaledObject."""


def scaledobject(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 30}}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"name": name},
            "pollingInterval": 5,
            "maxReplicaCount": 6,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": behavior}},
            **spec,
        },
    }


def deploy(shop: Application, image: str) -> None:
    for name, spec in WORKLOADS.items():
        worker = program(
            image, name, ["recurring.py", "work", name, "0", TAKES], AMQP_URI=WORKER_URI
        )
        shop.apply(worker, scaledobject(name, spec))
    becomes(lambda: len(shop.read("apis/autoscaling/v2", "horizontalpodautoscalers")["items"]), 4)


class Shell:
    """Runs commands as a person does who follows the printed steps: kubectl, mare, one NAME."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        path = (
            f"{cluster.kubectl.program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        )
        self._environment = {**os.environ, "PATH": path, "KUBECONFIG": str(cluster.kubeconfig)}
        self._folder = folder

    def run(self, command: str, name: str = "", stdin: str = "") -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env={**self._environment, "NAME": name},
            cwd=self._folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        # `mare convert` ends with 2 for remarks, `mare explain` with 3 for a limit.
        if done.returncode not in (0, 2, 3, 4):
            raise SystemExit(f"{command} failed:\n{done.stderr}")
        return done.stdout


def main(seconds: float = 120) -> None:
    with cluster_for_tests() as cluster, TemporaryDirectory() as folder:
        shell = Shell(cluster, Path(folder))
        with stage(cluster) as (shop, image):
            deploy(shop, image)
            length = 5 * seconds + 2 * len(WORKLOADS) * (SETTLES + 10)
            steady = ",".join(name for name in WORKLOADS if name != "work-zero")
            command = ["steady.py", str(length), steady, "work-zero"]
            shop.apply(job(image, "publisher", command, AMQP_URI=WORKER_URI))
            becomes(lambda: shop.read("apis/batch/v1", "jobs/publisher")["status"].get("ready"), 1)
            with ScalerWatch(shop, list(WORKLOADS)) as watch:
                phases = migrate(shell, watch, seconds)
            lines = shop.printed_by("publisher", length).splitlines()
    report(phases, watch, [json.loads(line) for line in lines])


class Migration:
    """Runs the steps that `mare convert` prints for all ScaledObjects of the namespace."""

    def __init__(self, shell: Shell, watch: ScalerWatch) -> None:
        self._shell, self._watch = shell, watch
        read = f"kubectl -n {NAMESPACE} get scaledobject,triggerauthentication -o yaml"
        result = json.loads(shell.run("mare convert -o json", stdin=shell.run(read)))
        self._objects = {each["metadata"]["name"]: each for each in result["objects"]}
        shell.run("cat > FILE", stdin=yaml.safe_dump_all(self._objects.values()))
        # A management URI for the AMQP trigger is offered, and asks for the URI on a terminal.
        left = {"Management", "Later"}
        steps = [step for step in result["steps"] if step["name"] not in left]
        first = next(n for n, step in enumerate(steps) if step["name"] == "Copy")
        self._together, self._one_by_one = steps[:first], steps[first:]

    def prepare(self) -> None:
        for step in self._together:
            for command in step["commands"]:
                sys.stderr.write(self._shell.run(command))

    def to_mare(self) -> None:
        for name in WORKLOADS:
            for step in self._one_by_one:
                self._edit(step, name, dry_run=False)
                for command in step["commands"]:
                    if not command.startswith("NAME="):
                        self._shell.run(command, name)
            self._settle("Maré", name)

    def to_keda(self) -> None:
        for name in WORKLOADS:
            for step in reversed(self._one_by_one):
                if step["back"]:
                    self._edit(step, name, dry_run=True)
                    self._shell.run(step["back"], name)
            self._settle("KEDA", name)

    def end(self) -> None:
        self._shell.run(next(step["back"] for step in self._together if step["back"]))

    def _edit(self, step: dict[str, Any], name: str, *, dry_run: bool) -> None:
        """Change FILE as the step says, which a person does in an editor."""
        if step["name"] == "Arm":
            self._objects[name]["spec"]["dryRun"] = dry_run
            self._shell.run("cat > FILE", stdin=yaml.safe_dump_all(self._objects.values()))

    def _settle(self, autoscaler: str, name: str) -> None:
        eventually(lambda: self._watch.scales(autoscaler, name), seconds=60)
        time.sleep(SETTLES)


def migrate(shell: Shell, watch: ScalerWatch, seconds: float) -> list[tuple[str, float]]:
    """Return each phase with the time of its end."""
    phases: list[tuple[str, float]] = []

    def wait(phase: str, seconds: float = seconds) -> None:
        time.sleep(seconds)
        phases.append((phase, time.time()))
        sys.stderr.write(f"{phase} has ended\n")

    wait("KEDA alone")
    migration = Migration(shell, watch)
    migration.prepare()
    wait("KEDA, and Maré with `dryRun`")
    migration.to_mare()
    wait("to Maré, one after the other", 0)
    wait("Maré alone")
    migration.to_keda()
    wait("back to KEDA, one after the other", 0)
    migration.end()
    wait("KEDA alone again")
    return phases


def report(phases: list[tuple[str, float]], watch: ScalerWatch, lines: list[Any]) -> None:
    *messages, total = lines
    sys.stdout.write("| phase | messages | wait p50 | p99 | longest |\n|---|---|---|---|---|\n")
    begin = 0.0
    for phase, end in phases:
        waits = sorted(each["wait"] for each in messages if begin <= each["time"] < end) or [0.0]
        p99 = waits[int(0.99 * len(waits))]
        cells = f"{statistics.median(waits):.2f} s | {p99:.1f} s | {waits[-1]:.1f} s"
        sys.stdout.write(f"| {phase} | {len(waits)} | {cells} |\n")
        begin = end
    sys.stdout.write(f"{len(messages)} of {total['published']} messages were processed.\n")
    gaps = []
    for name in WORKLOADS:
        found = list(handovers(watch.samples[name]))
        gaps += [gap for _, gap in found]
        text = ", ".join(f"{to} after {gap:.1f} s" for to, gap in found)
        sys.stdout.write(f"{name}: {text}\n")
    sys.exit(len(messages) != total["published"] or max(gaps) > LONGEST_GAP)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
