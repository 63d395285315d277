"""The application in one namespace of the cluster, as a person with kubectl and curl sees it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml
from kubernetes import client

from devcluster.cluster import Cluster

PROGRAMS = Path(__file__).parent / "programs"
HOST = "playlists.localhost"


@dataclass(frozen=True, slots=True)
class Application:
    """A release of charts/playlists."""

    cluster: Cluster
    namespace: str
    release: str = "mare"

    def ask(self, path: str, *, timeout: float = 45, **params: Any) -> requests.Response:
        """Ask through the ingress."""
        return requests.get(
            f"{self.cluster.ingress}{path}", params=params, headers={"Host": HOST}, timeout=timeout
        )

    def status_of(self, path: str, **params: Any) -> int | str:
        """Return the status of an answer, or the error's name: for asking until one comes."""
        try:
            return self.ask(path, **params).status_code
        except requests.RequestException as error:
            return type(error).__name__

    def anywhere(self, number: int) -> requests.Response:
        """Ask for a playlist at a point that nobody has asked for, so that no cache answers."""
        latitude, longitude = number % 8000 / 50 - 80, number // 8000 - 170
        return self.ask("/v1/playlists", lat=latitude, lon=longitude)

    def kubectl(self, *arguments: str, stdin: str = "", seconds: float = 120) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, stdin=stdin, seconds=seconds)

    def apply(self, *documents: dict[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))

    def replicas(self, workload: str) -> int:
        """Replicas that are asked for."""
        with self._api() as api:
            apps = client.AppsV1Api(api)
            scale = apps.read_namespaced_deployment_scale(workload, self.namespace)
        return scale.spec.replicas or 0

    def ready(self, workload: str, kind: str = "deployment") -> int:
        text = self.kubectl("get", kind, workload, "--output=jsonpath={.status.readyReplicas}")
        return int(text or 0)

    def pods(self, component: str) -> list[str]:
        """Names of the Pods of a component, those that are ending left out."""
        text = self.kubectl(
            *("get", "pods", "--output=json"), f"--selector=app.kubernetes.io/component={component}"
        )
        return [
            pod["metadata"]["name"]
            for pod in json.loads(text)["items"]
            if "deletionTimestamp" not in pod["metadata"]
        ]

    def kill(self, pod: str) -> None:
        """End it at once, without a grace."""
        self.kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")

    def roll_out(self, *workloads: str, seconds: int = 300) -> None:
        """Wait until each is what its object says."""
        for workload in workloads:
            self.kubectl(
                *("rollout", "status", f"deployment/{workload}", f"--timeout={seconds}s"),
                seconds=seconds + 10,
            )

    def status(self, name: str) -> dict[str, Any]:
        """Status of a QueueAutoscaler."""
        return json.loads(self.kubectl("get", "qa", name, "--output=json")).get("status", {})

    def _api(self) -> client.ApiClient:
        return self.cluster.client()


@contextmanager
def namespace(cluster: Cluster, name: str) -> Iterator[str]:
    """Make a namespace that admits restricted Pods only; it goes with all that is in it."""
    # One of the same name may still be on its way out.
    cluster.kubectl("wait", "--for=delete", f"namespace/{name}", "--timeout=300s", seconds=310)
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl(
        *("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted"),
    )
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")


def program(image: str, name: str, command: list[str], **environment: Any) -> list[dict[str, Any]]:
    """Return a Deployment of a program of ours, and the ConfigMap with all of them."""
    sources = {path.name: path.read_text() for path in PROGRAMS.glob("*.py")}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "programs"},
            "data": sources,
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": _pod(image, command, environment),
                },
            },
        },
    ]


def job(image: str, name: str, command: list[str], **environment: Any) -> dict[str, Any]:
    """Return a Job of a program of ours."""
    pod = {**_pod(image, command, environment), "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


def _pod(image: str, command: list[str], environment: dict[str, Any]) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "programs", "configMap": {"name": "programs"}}],
        "containers": [
            {
                "name": "program",
                "image": image,
                "command": ["python", "-u", *command],
                "workingDir": "/programs",
                # Those of the image keep the folder of a script off the path.
                "env": [{"name": "PYTHONSAFEPATH", "value": ""}, *_variables(environment)],
                "volumeMounts": [{"name": "programs", "mountPath": "/programs"}],
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }


def _variables(environment: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": value}
        if isinstance(value, str)
        else {"name": name, "valueFrom": {"secretKeyRef": value}}
        for name, value in environment.items()
    ]
