"""Celery as a zip file in a ConfigMap: no image has it."""

import base64
import importlib.util
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from tests.e2e.application import Application, program

_MODULES = ("celery", "billiard", "click", "tzlocal", "dateutil", "six")
_FOLDER = "/celery"
NAME = "celery-worker"
QUEUE = "work"


def deploy(application: Application, image: str, uri: dict[str, str]) -> None:
    """Start workers without a replica, and a QueueAutoscaler as docs/celery.md has it."""
    environment = {"AMQP_URI": uri, "PYTHONPATH": f"{_FOLDER}/celery.zip"}
    deployment = program(image, NAME, ["celery_tasks.py"], **environment)
    pod = deployment["spec"]["template"]["spec"]
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
    application.apply(deployment, _autoscaler(application.release))


def _archive() -> bytes:
    """Return the packages of Celery that the image lacks, without tests and time zones."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in _MODULES:
            spec = importlib.util.find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            source = Path(spec.origin)
            is_package = source.name == "__init__.py"
            root = source.parents[1] if is_package else source.parent
            for file in source.parent.rglob("*.py") if is_package else [source]:
                if not {"bin", "contrib", "testing"} & set(file.parts[-3:-1]):
                    archive.write(file, file.relative_to(root))
    return target.getvalue()


def _autoscaler(release: str) -> dict[str, Any]:
    return {
        "apiVersion": "mare.dev/v1alpha1",
        "kind": "QueueAutoscaler",
        "metadata": {"name": NAME},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
            "brokerRef": {"secretName": f"{release}-rabbitmq-operator"},
            "minReplicas": 0,
            "maxReplicas": 4,
            "queues": [{"name": QUEUE}],
            "target": {"type": "MaximumConcurrency", "workersPerReplica": 1},
            "victims": {"policy": "IdleOnly"},
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}},
        },
    }
