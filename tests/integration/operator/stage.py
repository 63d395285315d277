"""A namespace, a virtual host and operators: what a test of the whole operator plays with."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from tests.access import service_account_kubeconfig
from tests.audit import Request
from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import (
    GROUP,
    PLURAL,
    VERSION,
    autoscaler_of,
    deployment,
    secret_of,
)
from tests.integration.operator.process import Operator
from tests.integration.operator.rights import rights_in


@dataclass(frozen=True, slots=True)
class Broker:
    """The URIs of a broker."""

    amqp_uri: str
    management_uri: str

    @property
    def secret(self) -> dict[str, str]:
        return {"amqp-uri": self.amqp_uri, "management-uri": self.management_uri}


@dataclass
class Stage:
    """Objects in one namespace of an API server."""

    api_server: ControlPlane
    namespace: str
    folder: Path
    api: client.ApiClient
    broker: Broker
    operators: list[Operator] = field(default_factory=list)
    """Those that end with the test."""
    shared: Operator | None = None
    """One that runs already, and goes on."""

    def prepare(self) -> None:
        self.grant(rights_in(self.namespace, [self.namespace]))
        self.secret(self.broker.secret)

    def grant(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Apply objects that say themselves where they belong."""
        self.api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))

    def end(self) -> None:
        for operator in self.operators:
            operator.kill()

    def operator(self, **settings: str) -> Operator:
        """Start one that has this namespace for itself."""
        kubeconfig = write_kubeconfig(self.api_server, self.namespace, self.folder)
        operator = Operator(self.folder, kubeconfig, self.namespace, **settings)
        self.operators.append(operator)
        return operator.start()

    def mare(self, *arguments: str, account: str) -> subprocess.CompletedProcess[str]:
        """Run the command `mare` with the rights of a ServiceAccount of this namespace."""
        kubeconfig = write_kubeconfig(self.api_server, self.namespace, self.folder, account)
        return subprocess.run(
            [str(Path(sys.executable).parent / "mare"), *arguments],
            env={"PATH": "/usr/bin:/bin", "KUBECONFIG": str(kubeconfig)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def metric(self, name: str, workload: str = "worker") -> float | None:
        """A number of an object, as the shared operator or the first own one tells it."""
        operator = self.shared or self.operators[0]
        return operator.metric(f'{name}{{name="{workload}",namespace="{self.namespace}"}}')

    def secret(self, values: Mapping[str, str], name: str = "broker") -> None:
        self.apply(secret_of(name, values))

    def apply(self, *documents: Mapping[str, Any]) -> None:
        text = yaml.safe_dump_all(documents)
        self.api_server.kubectl("apply", "-n", self.namespace, "-f", "-", stdin=text)

    def beside(self, namespace: str) -> "Stage":
        """The same in another namespace, with its own Secret; the operators are the same."""
        other = replace(self, namespace=namespace)
        other.secret(self.broker.secret)
        return other

    def allow(self, group: str, plural: str) -> None:
        """Let the operators of this namespace scale one more kind."""
        rules = [
            {"apiGroups": [group], "resources": [plural], "verbs": ["list", "watch"]},
            {"apiGroups": [group], "resources": [f"{plural}/scale"], "verbs": ["get", "patch"]},
        ]
        name = f"scale-{plural}"
        subject = {"kind": "ServiceAccount", "name": "mare-operator", "namespace": self.namespace}
        rbac = "rbac.authorization.k8s.io"
        self.apply(
            {
                "apiVersion": f"{rbac}/v1",
                "kind": "Role",
                "metadata": {"name": name},
                "rules": rules,
            },
            {
                "apiVersion": f"{rbac}/v1",
                "kind": "RoleBinding",
                "metadata": {"name": name},
                "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
                "subjects": [subject],
            },
        )

    def workload(self, name: str = "worker", replicas: int = 0) -> None:
        self.apply(deployment(name, replicas))

    def autoscaler(self, name: str = "worker", **spec: Any) -> None:
        self.apply(autoscaler_of(name, spec))

    def several(self, names: Sequence[str], **spec: Any) -> None:
        """A workload at zero and an object for each name, over a queue of the same name."""
        documents = [deployment(name, 0) for name in names]
        documents += [autoscaler_of(name, {"queues": [{"name": name}], **spec}) for name in names]
        self.apply(*documents)

    def change(self, spec: Mapping[str, Any], name: str = "worker") -> None:
        self.api_server.kubectl(
            *("patch", "qa", name, "-n", self.namespace, "--type=merge"),
            f"--patch={json.dumps({'spec': spec})}",
        )

    def delete(self, name: str = "worker") -> None:
        self.api_server.kubectl("delete", "qa", name, "-n", self.namespace)

    def replicas(self, name: str = "worker") -> int:
        scale = client.AppsV1Api(self.api).read_namespaced_deployment_scale(name, self.namespace)
        return scale.spec.replicas or 0

    def scale_by_hand(self, replicas: int, name: str = "worker") -> None:
        client.AppsV1Api(self.api).patch_namespaced_deployment_scale(
            name, self.namespace, {"spec": {"replicas": replicas}}
        )

    def stored(self, name: str = "worker") -> dict[str, Any]:
        """Return the object as the API server has it."""
        objects = client.CustomObjectsApi(self.api)
        return objects.get_namespaced_custom_object(GROUP, VERSION, self.namespace, PLURAL, name)

    def status(self, name: str = "worker") -> dict[str, Any]:
        whole = self.stored(name)
        return whole.get("status", {})

    def condition(self, kind: str, name: str = "worker") -> tuple[str, str]:
        """Status and reason of a condition."""
        for each in self.status(name).get("conditions", ()):
            if each["type"] == kind:
                return each["status"], each["reason"]
        return "", ""

    def events(self, name: str = "worker") -> list[tuple[str, str]]:
        text = self.api_server.kubectl(
            *("get", "events.events.k8s.io", "-n", self.namespace, "--output=json")
        )
        events = json.loads(text)["items"]
        return [(e["type"], e["reason"]) for e in events if e["regarding"]["name"] == name]

    def requests(self) -> list[Request]:
        """Return the requests of operators in this namespace, without those of their election.

        The API server logs a request just after it has answered.
        """
        return [
            each
            for each in self.api_server.requests()
            if each.namespace == self.namespace and each.resource != "leases"
            if each.user.endswith(":mare-operator")
        ]

    def counts(self, name: str = "worker") -> list[int]:
        """Return all counts that operators have set, in their order."""
        return [
            each.body["spec"]["replicas"]
            for each in self.requests()
            if each.resource.endswith("/scale") and each.verb == "patch"
            if each.name == name and each.code == 200
        ]

    def holds(self, replicas: int, seconds: float, name: str = "worker") -> None:
        """Fail if the count becomes another one within this time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.replicas(name) == replicas
            time.sleep(0.1)


def write_kubeconfig(
    api_server: ControlPlane, namespace: str, folder: Path, account: str = "mare-operator"
) -> Path:
    """Write how a service account gets into the cluster; by default, that of the operator."""
    kubeconfig = folder / f"{account}.conf"
    config = service_account_kubeconfig(api_server, namespace, account)
    kubeconfig.write_text(yaml.safe_dump(config))
    return kubeconfig
