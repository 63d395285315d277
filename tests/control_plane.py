"""A Kubernetes without nodes: etcd, an API server and controllers, on 127.0.0.1.

Schemas, CEL, admission, RBAC, watches and conflicts are real. Deployments get ReplicaSets and Pods,
but no Pod ever runs. It does not need root.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import requests
from kubernetes.client import ApiClient

from devcluster import control_plane
from devcluster.cluster import Kubectl, KubectlFailed, new_client
from devcluster.control_plane import make_credentials
from mare.processes.daemon import Daemon
from mare.processes.tcp_ports import free_port
from tests.audit import AuditLog, Request, write_policy
from tests.etcd import compact
from tests.vhost import eventually

_START_SECONDS = 90.0
_WITHOUT_NODES = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "job-controller",
    "serviceaccount-controller",
    "namespace-controller",
    "garbage-collector-controller",
)
"""The controllers that work without nodes."""


class ControlPlane:
    """A control plane until the context or `close` ends it; the logs in `folder` remain."""

    def __init__(self, programs: Path, folder: Path) -> None:
        port = free_port()
        self.uri = f"https://127.0.0.1:{port}"
        self.folder = folder
        self.kubeconfig = folder / "super-admin.conf"
        self.kubectl = Kubectl(programs / "kubectl", self.kubeconfig)
        """kubectl with all rights."""
        self._programs = programs
        make_credentials(
            programs / "kubeadm", folder, port, clients=("super-admin", "controller-manager")
        )
        audit_log = folder / "audit.log"
        self._audit_log = AuditLog(audit_log)
        policy = write_policy(folder / "audit-policy.yaml")
        self._etcd = self._server(control_plane.etcd(folder))
        self._api_server = self._server(
            control_plane.api_server(
                folder,
                port,
                "--bind-address=127.0.0.1",
                "--endpoint-reconciler-type=none",  # a loopback address is not valid in Endpoints
                "--authorization-mode=RBAC",
                f"--audit-policy-file={policy}",
                f"--audit-log-path={audit_log}",
                "--audit-log-maxsize=100000",  # MB; by default a second file begins after 100
            )
        )
        self._controllers = self._server(
            control_plane.controllers(folder, self.uri, f"--controllers={','.join(_WITHOUT_NODES)}")
        )

    def _server(self, command: Sequence[str]) -> Daemon:
        program, *arguments = command
        return Daemon(
            [str(self._programs / program), *arguments], log=self.folder / f"{program}.log"
        )

    def requests(self) -> list[Request]:
        return self._audit_log.requests()

    def define(self, crd: Path) -> None:
        """Apply a CustomResourceDefinition and return when its objects can be created."""
        name = self.kubectl("apply", "--output=name", f"--filename={crd}").strip()
        eventually(lambda: self._is_established(name))
        plural = name.rpartition("/")[2]
        eventually(lambda: self._is_explained(plural))

    def _is_established(self, name: str) -> bool:
        # `kubectl wait` and a jsonpath fail while the object has no conditions yet.
        found = json.loads(self.kubectl("get", name, "--output=json"))["status"]["conditions"] or ()
        return any(each["type"] == "Established" and each["status"] == "True" for each in found)

    def _is_explained(self, resource: str) -> bool:
        try:
            return bool(self.kubectl("explain", resource))
        except KubectlFailed:  # discovery and OpenAPI are updated shortly after Established
            return False

    @property
    def certificate_authority(self) -> Path:
        return self.folder / "pki" / "ca.crt"

    def client(self) -> ApiClient:
        return new_client(self.kubeconfig)

    def start(self) -> None:
        """Start all servers; raise CommandFailed if one is not ready in time."""
        self._etcd.start((self.folder / "etcd.sock").exists, _START_SECONDS)
        self.start_api_server()

    def start_api_server(self) -> None:
        """Start the API server, after :meth:`kill_api_server` on the same port and data."""
        self._api_server.start(self._is_ready, _START_SECONDS)
        # After 30 s without an API server, the back-off of the controllers lasts up to 100 s.
        self._controllers.kill()
        self._controllers.start(self._has_service_accounts, _START_SECONDS)

    def kill_api_server(self) -> None:
        self._api_server.kill()

    def compact(self) -> int:
        """Discard the history of all objects; return the newest revision, the only one left."""
        return compact(self.folder / "etcd.sock")

    def _is_ready(self) -> bool:
        try:
            return requests.get(
                f"{self.uri}/readyz", verify=str(self.certificate_authority), timeout=10
            ).ok
        except requests.RequestException:
            return False

    def _has_service_accounts(self) -> bool:
        return bool(json.loads(self.kubectl("get", "serviceaccounts", "--output=json"))["items"])

    def close(self) -> None:
        for server in (self._controllers, self._api_server, self._etcd):
            server.kill()
        shutil.rmtree(self.folder / "etcd", ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
