"""Celery on the cluster: load rises and falls five times; the tasks count what is lost.

``python -m tests.load.celery_cluster`` uses the cluster of `make cluster`, or starts one. It takes
eight minutes once the images are built.
"""

import base64
import importlib.util
import io
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from devcluster.choosing import cluster_for_tests
from devcluster.cluster import Cluster
from tests.charts.helm import CHARTS
from tests.e2e.application import Application, job, namespace, program
from tests.e2e.release import pushed_images, say

SECONDS = 540
_MODULES = ("celery", "billiard", "click", "tzlocal", "dateutil", "six")
_FOLDER = "/celery"
_USERS = {"permissions": {"configure": ".*", "write": ".*", "read": ".*"}, "connection": ["amqp"]}


def main() -> None:
    with cluster_for_tests(say) as cluster:
        images = pushed_images(cluster)
        with namespace(cluster, "celery") as name:
            application = Application(cluster, name, "rabbitmq")
            _install(cluster, name, images)
            _deploy(application, images["services"])
            sys.stdout.write(f"{_result(application)}\n{_events(application)}\n")


def _install(cluster: Cluster, name: str, images: Any) -> None:
    for chart, values in (
        ("rabbitmq", {"users.worker": _USERS, "networkPolicy.enabled": False}),
        ("operator", {"replicas": 1, "networkPolicy.enabled": False, "namespaces": [name]}),
    ):
        repository, _, tag = images[chart].rpartition(":")
        image = {"image.registry": "", "image.repository": repository, "image.tag": tag}
        resources = {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}}
        cluster.helm(
            *("upgrade", "--install", chart, str(CHARTS / chart), "--namespace", name),
            *("--wait", "--timeout=5m"),
            *(f"--set-json={k}={json.dumps(v)}" for k, v in (values | image | resources).items()),
            seconds=310,
        )


def _deploy(application: Application, image: str) -> None:
    uri = {"name": "rabbitmq-worker", "key": "amqp-uri"}
    environment = {"AMQP_URI": uri, "PYTHONPATH": f"{_FOLDER}/celery.zip"}
    programs, deployment = program(image, "worker", ["celery_tasks.py"], **environment)
    driver = job(image, "driver", ["celery_driver.py"], **environment)
    for workload in (deployment, driver):
        pod = workload["spec"]["template"]["spec"]
        pod["terminationGracePeriodSeconds"] = 60
        pod["volumes"].append({"name": "celery", "configMap": {"name": "celery"}})
        pod["containers"][0]["volumeMounts"].append({"name": "celery", "mountPath": _FOLDER})
    deployment["spec"]["replicas"] = 0
    archive = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "celery"},
        "binaryData": {"celery.zip": base64.b64encode(_archive()).decode()},
    }
    # Not by application.apply: its annotation would contain the archive once more.
    application.kubectl("create", "-f", "-", stdin=json.dumps(archive))
    application.apply(programs, driver, deployment, _AUTOSCALER)


def _archive() -> bytes:
    """The packages of Celery that the image lacks, without tests and time zones."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in _MODULES:
            spec = importlib.util.find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            source = Path(spec.origin)
            for file in source.parent.rglob("*.py") if source.name == "__init__.py" else [source]:
                if not {"bin", "contrib", "testing"} & set(file.parts[-3:-1]):
                    archive.write(file, file.relative_to(_root(source)))
    return target.getvalue()


def _root(source: Path) -> Path:
    return source.parents[1] if source.name == "__init__.py" else source.parent


def _result(application: Application) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        text = application.kubectl("logs", "job/driver", "--ignore-errors")
        if "RESULT" in text:
            return text
        time.sleep(3)
    return application.kubectl("logs", "job/driver", "--ignore-errors") + application.kubectl(
        "get", "pods,qa", "--output=wide"
    )


def _events(application: Application) -> str:
    """The changes of the worker, and the containers that were killed."""
    items = json.loads(application.kubectl("get", "events.events.k8s.io", "--output=json"))
    lines = [
        f"{each['reason']}: {each['note']}"
        for each in items["items"]
        if each["regarding"]["kind"] == "QueueAutoscaler"
    ]
    return "\n".join(lines)


_AUTOSCALER = {
    "apiVersion": "mare.dev/v1alpha1",
    "kind": "QueueAutoscaler",
    "metadata": {"name": "worker"},
    "spec": {
        "scaleTargetRef": {"name": "worker"},
        "brokerRef": {"secretName": "rabbitmq-operator"},
        "maxReplicas": 4,
        "queues": [{"name": "celery"}],
        "target": {"type": "MaximumConcurrency", "workersPerReplica": 1},
        "behavior": {
            "scaleDown": {"victimPolicy": "IdleOnly", "stabilizationWindowSeconds": 10},
        },
        "idle": {"cooldownSeconds": 5},
    },
}


if __name__ == "__main__":
    main()
