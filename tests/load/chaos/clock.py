"""The clock of a workload's Pods, 5 s ahead: libfaketime of Debian, as a ConfigMap."""

import json
from base64 import b64encode
from pathlib import Path
from tempfile import TemporaryDirectory

from local.packages import unpack
from tests.e2e.application import Application

_LIBRARY = "libfaketimeMT.so.1"
_NAME = "faketime"


def install(application: Application) -> None:
    with TemporaryDirectory() as folder:
        unpack("libfaketime", Path(folder))
        library = next(Path(folder).rglob(_LIBRARY)).read_bytes()
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME},
        "binaryData": {_LIBRARY: b64encode(library).decode()},
    }
    application.apply(config)


def set_ahead(application: Application, deployment: str) -> None:
    container = application.read("apis/apps/v1", f"deployments/{deployment}")["spec"]["template"][
        "spec"
    ]["containers"][0]["name"]
    variables = {
        "LD_PRELOAD": f"/{_NAME}/{_LIBRARY}",
        "FAKETIME": "+5s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    patched = {
        "name": container,
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "volumeMounts": [{"name": _NAME, "mountPath": f"/{_NAME}"}],
    }
    pod = {
        "containers": [patched],
        "volumes": [{"name": _NAME, "configMap": {"name": _NAME}}],
    }
    patch = {"spec": {"template": {"spec": pod}}}
    application.kubectl("patch", f"deployment/{deployment}", "--patch", json.dumps(patch))
    application.roll_out(deployment)


def set_right(application: Application, deployment: str) -> None:
    application.kubectl("rollout", "undo", f"deployment/{deployment}")
    application.roll_out(deployment)
