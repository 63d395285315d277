"""Installs KEDA on the cluster, built from its Go module: its operator and its metrics server."""

import os
from pathlib import Path
from typing import Any

import yaml

from devcluster.cluster import Cluster
from devcluster.node.images import program_image
from devcluster.programs import go, programs
from devcluster.toolset import Toolset
from mare.processes.command import run

_TOOLSET = "keda"
_MODULE = "github.com/kedacore/keda/v2"
_PROGRAMS = {"keda-operator": "operator", "keda-metrics-apiserver": "adapter"}
"""By the name of the Deployment."""
# Without the webhooks, whose certificate KEDA would wait for.
_MORE = {"keda-operator": ["--enable-webhook-patching=false"]}


def install_keda(cluster: Cluster) -> None:
    """Return when KEDA's metrics can be read through the API server."""
    folder = programs(_PROGRAMS.values(), _TOOLSET)
    for name in _PROGRAMS.values():
        cluster.load_image(program_image(folder / name))
    manifests = cluster.kubectl("kustomize", str(_source() / "config/minimal"))
    objects = [_adapted(each) for each in yaml.safe_load_all(manifests)]
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(objects))
    _await(cluster)


def restart_keda(cluster: Cluster) -> None:
    """Return when new Pods of KEDA have replaced those that run."""
    for name in _PROGRAMS:
        cluster.kubectl("-n", "keda", "rollout", "restart", f"deployment/{name}")
    _await(cluster)


def _await(cluster: Cluster) -> None:
    for name in _PROGRAMS:
        rollout = ("rollout", "status", f"deployment/{name}", "--timeout=300s")
        cluster.kubectl("-n", "keda", *rollout, seconds=310)
    service = "apiservice/v1beta1.external.metrics.k8s.io"
    cluster.kubectl("wait", "--for=condition=Available", service, "--timeout=300s", seconds=310)


def _source() -> Path:
    tools = Toolset.read(_TOOLSET)
    command = [go(tools.go_version), "list", "-m", "-f", "{{.Dir}}", _MODULE]
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    return Path(run(command, seconds=300, cwd=tools.folder, environment=environment).strip())


def _adapted(manifest: dict[str, Any]) -> dict[str, Any]:
    """Run the program that was built here, as a user that is not root, with small requests."""
    if manifest["kind"] == "Deployment":
        name, pod = manifest["metadata"]["name"], manifest["spec"]["template"]["spec"]
        program = _PROGRAMS[name]
        pod["securityContext"]["runAsUser"] = 1000
        [container] = pod["containers"]
        container |= {
            "image": f"localhost/{program}:built",
            "imagePullPolicy": "Never",
            "command": [f"/{program}"],
            "args": container["args"] + _MORE.get(name, []),
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
        }
    return manifest
