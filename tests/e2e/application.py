"""The application in one namespace of the cluster, reached by kubectl and HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import yaml
from kubernetes.client import ApiClient

from devcluster.cluster import Cluster, new_client
from mare.processes.command import CommandFailed

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True)
class Application:
    """A release of charts/playlists."""

    cluster: Cluster
    namespace: str
    release: str = "mare"

    @property
    def host(self) -> str:
        """The host of its requests: the releases of a cluster share one ingress."""
        return f"{self.namespace}.localhost"

    def get(self, path: str, *, timeout: float = 60, **params: Any) -> requests.Response:
        """Send a GET request through the ingress."""
        url, headers = f"{self.cluster.ingress}{path}", {"Host": self.host}
        return requests.get(url, params=params, headers=headers, timeout=timeout)

    def status_of(self, path: str, **params: Any) -> int | str:
        """Return the status of the response, or the name of the error: for repeated requests."""
        try:
            return self.get(path, **params).status_code
        except requests.RequestException as error:
            return type(error).__name__

    def anywhere(self, number: int) -> requests.Response:
        """Request a playlist for a point that no other number has, so that no cache responds."""
        latitude, longitude = number % 8000 / 50 - 80, number // 8000 - 170
        return self.get("/v1/playlists", lat=latitude, lon=longitude)

    def kubectl(self, *arguments: str, stdin: str = "", seconds: float = 120) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, stdin=stdin, seconds=seconds)

    def apply(self, *documents: dict[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))

    def read(self, version: str, path: str) -> dict[str, Any]:
        """Return an object or a list of the namespace; raise CommandFailed.

        This takes a hundredth of the processor time of `kubectl get`.

        Args:
            version: `api/v1`, or `apis/GROUP/VERSION`.
            path: of the URL behind the namespace, such as `pods/NAME`.
        """
        api = _client(self.cluster.kubeconfig)
        url = f"{api.configuration.host}/{version}/namespaces/{self.namespace}/{path}"
        answer = api.call_api("GET", url, {"Accept": "application/json"})
        text = answer.read()
        if answer.status != HTTPStatus.OK:
            raise CommandFailed(f"GET {url} failed:\n{text.decode()}")
        found: dict[str, Any] = json.loads(text)
        return found

    def replicas(self, workload: str) -> int:
        """Return the replicas in the spec of a Deployment."""
        return self.read("apis/apps/v1", f"deployments/{workload}/scale")["spec"].get("replicas", 0)

    def ready(self, workload: str, kind: str = "deployment") -> int:
        status = self.read("apis/apps/v1", f"{kind}s/{workload}")["status"]
        return status.get("readyReplicas", 0)

    def pod_objects(self, component: str) -> list[dict[str, Any]]:
        label = quote(f"app.kubernetes.io/component={component}")
        items: list[dict[str, Any]] = self.read("api/v1", f"pods?labelSelector={label}")["items"]
        return items

    def pods(self, component: str) -> list[str]:
        """Return the names of the Pods of a component, except terminating ones."""
        return [
            pod["metadata"]["name"]
            for pod in self.pod_objects(component)
            if "deletionTimestamp" not in pod["metadata"]
        ]

    def kill(self, pod: str) -> None:
        """Delete a Pod without a grace period."""
        self.kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")

    def roll_out(self, *workloads: str, seconds: int = 300) -> None:
        """Wait until the rollout of each Deployment is complete."""
        for workload in workloads:
            self.kubectl(
                *("rollout", "status", f"deployment/{workload}", f"--timeout={seconds}s"),
                seconds=seconds + 10,
            )

    def printed_by(self, job: str, seconds: float = 300) -> str:
        """Return what a Job has printed, once it is complete, and delete it.

        Raises:
            CommandFailed: with the last lines of a Job that fails, at once.
        """
        ended = ("--for=jsonpath={.status.conditions}", f"--timeout={int(seconds)}s")
        self.kubectl("wait", f"job/{job}", *ended, seconds=seconds + 10)
        printed = self.kubectl("logs", f"job/{job}")
        kinds = self.kubectl("get", f"job/{job}", "-o=jsonpath={.status.conditions[*].type}")
        self.kubectl("delete", f"job/{job}")
        if "Fail" in kinds:  # FailureTarget, then Failed
            raise CommandFailed(f"job/{job} failed:\n{printed[-2000:]}")
        return printed

    def status(self, name: str) -> dict[str, Any]:
        """Return the status of a QueueAutoscaler."""
        return self.read("apis/mare.dev/v1alpha1", f"queueautoscalers/{name}").get("status", {})


@cache
def _client(kubeconfig: Path) -> ApiClient:
    return new_client(kubeconfig)


@contextmanager
def namespace(cluster: Cluster, name: str) -> Iterator[str]:
    """Create a namespace that admits restricted Pods only; delete it at the end."""
    # A namespace of the same name may still be terminating.
    cluster.kubectl("wait", "--for=delete", f"namespace/{name}", "--timeout=300s", seconds=310)
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl(
        *("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted"),
    )
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")


def programs() -> dict[str, Any]:
    """Return a ConfigMap with all files of programs/, once for a namespace in which some run."""
    sources = {path.name: path.read_text() for path in PROGRAMS.glob("*.py")}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "programs"},
        "data": sources,
    }


def program(image: str, name: str, command: list[str], **environment: Any) -> dict[str, Any]:
    """Return a Deployment that runs a file of programs/."""
    return {
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
    }


def job(image: str, name: str, command: list[str], **environment: Any) -> dict[str, Any]:
    """Return a Job that runs a file of programs/."""
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
                # The image sets it, which keeps the folder of the script off sys.path.
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
