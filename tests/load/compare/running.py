"""One run: a workload, an autoscaler, the messages of a scenario at their times."""

import gzip
import json
import time
from base64 import b64encode
from collections.abc import Sequence
from itertools import count
from typing import Any

from mare.simulation.scenario import Scenario, SimulatedAutoscaler
from tests.e2e.application import Application, job, program
from tests.load.compare.autoscalers import acting, manifest
from tests.load.compare.broker_outages import outages
from tests.load.compare.measured import Count, Run, Start
from tests.load.compare.observing import Watched, usage
from tests.load.keda_stage import WORKER_URI
from tests.vhost import becomes, eventually

_SETTLES = 10.0
"""Least seconds between the last preparation and the first message."""
PERIOD = 30.0
"""KEDA polls every 30 s by default, and an HPA is synchronized every 15 s, counted from when their
objects are made: of runs with one phase, KEDA would wait as long in each."""
_REPORTS_SECONDS = 900.0
"""For the reports of all workers: 26,000 of them are read within a minute if the node is idle,
and several runs may end together."""
_NUMBERS = count(1)


class Stage:
    """A namespace with a broker and both autoscalers. Each run has a workload and a queue."""

    def __init__(self, shop: Application, image: str) -> None:
        self._shop, self._image = shop, image
        api = shop.cluster.client()
        self._deployments = Watched(api, shop.namespace, group="apps", plural="deployments")
        self._events = Watched(api, shop.namespace, group="events.k8s.io", plural="events")

    def close(self) -> None:
        self._deployments.close()
        self._events.close()

    def run(
        self,
        scenario: Scenario,
        autoscaler: SimulatedAutoscaler,
        messages: Sequence[tuple[float, float]],
        phase: float,
    ) -> Run:
        """Publish the messages: pairs of the second and the time that each takes.

        `phase` is where in KEDA's periods the first message comes: a whole number is that many
        periods later.
        """
        name = f"work-{next(_NUMBERS)}"
        scaler = manifest(autoscaler, name, scenario)
        worker = self._worker(name, scenario)
        try:
            self._shop.apply(worker, _load(name, messages))
            self._job("declare", name, [name])  # KEDA fails until a queue is there
            self._shop.apply(scaler)
            eventually(lambda: name in acting(self._shop, scaler["kind"]), 120)
            time.sleep(_SETTLES + phase * PERIOD)
            before = usage(self._shop.cluster, scaler["kind"])
            reports = self._publish(name, scenario)
            after = usage(self._shop.cluster, scaler["kind"])
        finally:
            self._remove(name, scaler["kind"])
        began = reports[0]["began"]
        counts = self._counts(name, began)
        if not counts:
            raise LookupError(f"the watch has seen no count of {name}")
        return Run(
            autoscaler=autoscaler.name,
            starts=[Start(**each) for each in reports[1:] if "started" in each],
            counts=counts,
            sentences=self._sentences(name, began),
            cores=after.cores_since(before),
            manager_cores=after.manager_cores_since(before),
            memory_mib=after.memory_mib,
            ended_busy=[(each["ended"], each["pod"]) for each in reports if "ended" in each],
        )

    def _worker(self, name: str, scenario: Scenario) -> dict[str, Any]:
        of = scenario.worker
        prefetch = of.workers if of.prefetch is None else of.prefetch
        command = ["timed.py", "work", name, str(of.workers), str(prefetch)]
        worker = program(self._image, name, command, AMQP_URI=WORKER_URI)
        worker["spec"]["replicas"] = max(scenario.min_replicas, scenario.initial_replicas)
        return worker

    def _publish(self, name: str, scenario: Scenario) -> list[dict[str, Any]]:
        seconds = scenario.seconds
        with outages(self._shop, f"publish-{name}", scenario.outages):
            lines = self._job("publish", name, [name, f"{seconds:g}"], seconds + _REPORTS_SECONDS)
        return [json.loads(line) for line in lines.splitlines()]

    def _job(self, task: str, name: str, arguments: Sequence[str], seconds: float = 0) -> str:
        """Run timed.py for so long, and a minute or two; return what it prints."""
        full_name = f"{task}-{name}"
        of = job(self._image, full_name, ["timed.py", task, *arguments], AMQP_URI=WORKER_URI)
        pod = of["spec"]["template"]["spec"]
        pod["volumes"].append({"name": "load", "configMap": {"name": name}})
        mounts = pod["containers"][0]["volumeMounts"]
        mounts.append({"name": "load", "mountPath": "/load"})
        self._shop.apply(of)
        return self._shop.printed_by(full_name, seconds + 120)

    def _remove(self, name: str, kind: str) -> None:
        delete = ("delete", "--ignore-not-found", "--timeout=300s")
        self._shop.kubectl(*delete, f"{kind.lower()}/{name}", seconds=310)
        jobs = (f"job/declare-{name}", f"job/publish-{name}")
        rest = (f"deployment/{name}", f"configmap/{name}", *jobs)
        self._shop.kubectl(*delete, *rest, seconds=310)
        becomes(
            lambda: self._shop.read("api/v1", f"pods?labelSelector=app={name}")["items"], [], 300
        )

    def _counts(self, name: str, began: float) -> list[Count]:
        """Return the counts of the Deployment; those before the first message as of the time 0."""
        counts = []
        if not self._deployments.goes_on:
            raise LookupError("the watch of Deployments has ended with an error")
        for at, each in list(self._deployments.seen):
            if each["metadata"]["name"] == name and "deletionTimestamp" not in each["metadata"]:
                created, ready = (
                    each["status"].get(key, 0) for key in ("replicas", "readyReplicas")
                )
                counts.append(Count(max(0.0, at - began), each["spec"]["replicas"], created, ready))
        last_before = max((n for n, each in enumerate(counts) if not each.at), default=0)
        return counts[last_before:]

    def _sentences(self, name: str, began: float) -> list[tuple[float, str]]:
        found = []
        for at, each in list(self._events.seen):
            of = each["regarding"]
            scales = of["kind"] in ("QueueAutoscaler", "HorizontalPodAutoscaler", "ScaledObject")
            if at >= began and scales and of["name"].removeprefix("keda-hpa-") == name:
                found.append((at - began, each.get("note", "")))
        return found


def _load(name: str, messages: Sequence[tuple[float, float]]) -> dict[str, Any]:
    text = json.dumps([(round(second, 3), round(takes, 3)) for second, takes in messages])
    data = b64encode(gzip.compress(text.encode())).decode()
    metadata = {"name": name}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "binaryData": {"messages": data},
    }
