"""What it costs the operator to know of 500 HorizontalPodAutoscalers, none of them its concern.

    .venv/bin/python -m tests.load.bench_hpas

Without any, with 500 that stand still, and with 500 whose statuses change every 15 s, as those of a
cluster with load do. Then without the operator: what the garbage collector is told as well.
It starts an API server of its own on 127.0.0.1 and ends it.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from kubernetes import client

from devcluster.programs import CONTROL_PLANE, programs
from tests.control_plane import ControlPlane
from tests.integration.operator.process import Operator
from tests.integration.operator.stage import Broker, Stage

_CRD = Path(__file__).parents[2] / "charts/operator/crds/queueautoscalers.mare.dev.yaml"
_HPAS = 500
_RENEWAL_SECONDS = 15.0
"""Interval at which the HPA controller syncs each object."""
_SETTLE_SECONDS = 15.0
_SIZES = re.compile(
    r'(?:response_sizes_sum{[^}]*resource="horizontalpodautoscalers",[^}]*verb="LIST"'
    r'|watch_events_sizes_sum{[^}]*resource="horizontalpodautoscalers")[^}]*} (\S+)'
)
"""Of the API server's metrics: what it has sent in lists and watches."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=60)
    seconds = options.parse_args().seconds
    with (
        tempfile.TemporaryDirectory(prefix="mare-bench-") as folder,
        ControlPlane(programs(CONTROL_PLANE), Path(folder)) as control_plane,
        control_plane.client() as api,
    ):
        control_plane.define(_CRD)
        stage = Stage(control_plane, "default", Path(folder), api, Broker("", ""))
        stage.prepare()
        operator = stage.operator()
        try:
            _show("none", _cost(stage, seconds, operator))
            stage.apply(*_hpas())
            for _ in range(2):  # a status begins to have fields at its first change
                _renew(api, _names())
            _show("standing still", _cost(stage, seconds, operator))
            _show("changing", _cost(stage, seconds, operator, api))
            operator.stop()
            _show("changing, no operator", _cost(stage, seconds, None, api))
        finally:
            stage.end()


def _cost(
    stage: Stage,
    seconds: float,
    operator: Operator | None,
    changing: client.ApiClient | None = None,
) -> dict[str, float]:
    time.sleep(_SETTLE_SECONDS)
    sizes, cpu, begun = _bytes(stage), _cpu_seconds(operator), time.monotonic()
    while (left := begun + seconds - time.monotonic()) > 0:
        next_at = time.monotonic() + min(left, _RENEWAL_SECONDS)
        if changing is not None:
            _renew(changing, _names())
        time.sleep(max(0.0, next_at - time.monotonic()))
    passed = time.monotonic() - begun
    return {
        "cpu_percent_of_a_core": round(100 * (_cpu_seconds(operator) - cpu) / passed, 2),
        "kilobytes_a_second": round((_bytes(stage) - sizes) / passed / 1000, 1),
        "rss_mb": round(operator.rss_bytes() / 1e6, 1) if operator else 0,
        "rss_highest_mb": round(operator.highest_rss_bytes() / 1e6, 1) if operator else 0,
    }


def _cpu_seconds(operator: Operator | None) -> float:
    return operator.cpu_seconds() if operator else 0.0


def _bytes(stage: Stage) -> float:
    """What the API server has told of HorizontalPodAutoscalers, to anybody."""
    metrics = stage.api_server.kubectl("get", "--raw", "/metrics")
    return sum(float(size) for size in _SIZES.findall(metrics))


def _names() -> Iterator[str]:
    return (f"web-{number}" for number in range(_HPAS))


def _hpas() -> Iterator[dict[str, Any]]:
    for name in _names():
        metrics = [{"type": "Resource", "resource": _cpu(kind)} for kind in ("cpu", "memory")]
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        yield {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name, "labels": {"app.kubernetes.io/name": name}},
            "spec": {"scaleTargetRef": target, "maxReplicas": 9, "metrics": metrics},
        }


def _cpu(name: str) -> dict[str, Any]:
    return {"name": name, "target": {"type": "Utilization", "averageUtilization": 70}}


_renewals = count()


def _renew(api: client.ApiClient, names: Iterator[str]) -> None:
    """Write statuses as the controller does, with a use that is another one each time."""
    use = 20 + next(_renewals) % 50
    current = {"averageUtilization": use, "averageValue": f"{use}m"}
    condition = {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"}
    body = {
        "status": {
            "currentReplicas": 3,
            "desiredReplicas": 3,
            "currentMetrics": [
                {"type": "Resource", "resource": {"name": kind, "current": current}}
                for kind in ("cpu", "memory")
            ],
            "conditions": [{**condition, "message": "recommended size matches current size"}],
        }
    }
    autoscaling = client.AutoscalingV2Api(api)

    def write(name: str) -> None:
        autoscaling.patch_namespaced_horizontal_pod_autoscaler_status(name, "default", body)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, names))


def _show(which: str, result: dict[str, float]) -> None:
    sys.stdout.write(json.dumps({"hpas": which, **result}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
