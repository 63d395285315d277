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

from tests.e2e.application import Application, job, program
from tests.load.operator_release import WORKER_URI, autoscaler, broker_and_operator, events

SECONDS = 540
_MODULES = ("celery", "billiard", "click", "tzlocal", "dateutil", "six")
_FOLDER = "/celery"


def main() -> None:
    with broker_and_operator("celery") as (application, images):
        _deploy(application, images["services"])
        lines = [_result(application), *events(application)]
        sys.stdout.write("".join(f"{line}\n" for line in lines))


def _deploy(application: Application, image: str) -> None:
    environment = {"AMQP_URI": WORKER_URI, "PYTHONPATH": f"{_FOLDER}/celery.zip"}
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


_AUTOSCALER = autoscaler(
    "worker",
    "celery",
    maxReplicas=4,
    target={"type": "MaximumConcurrency", "workersPerReplica": 1},
    behavior={"scaleDown": {"stabilizationWindowSeconds": 10}},
    victims={"policy": "IdleOnly"},
    idle={"cooldownSeconds": 5},
)


if __name__ == "__main__":
    main()
