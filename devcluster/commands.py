"""Command lines of etcd, API server and controllers, with and without a node."""

from pathlib import Path

_WITHOUT_NODES = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "serviceaccount-controller",
    "namespace-controller",
    "garbage-collector-controller",
)
"""The controllers that work without nodes."""


def etcd(folder: Path) -> list[str]:
    """Listen on Unix sockets only; skip fsync, because the data is thrown away."""
    peer = f"unix://{folder}/peer.sock"
    return [
        "etcd",
        f"--data-dir={folder}/etcd",
        f"--listen-client-urls={etcd_uri(folder)}",
        f"--advertise-client-urls={etcd_uri(folder)}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def etcd_uri(folder: Path) -> str:
    return f"unix://{folder}/etcd.sock"


def audit_policy(folder: Path) -> Path:
    return folder / "audit-policy.yaml"


def audit_log(folder: Path) -> Path:
    return folder / "audit.log"


def api_server(folder: Path, port: int, *more: str) -> list[str]:
    pki = folder / "pki"
    return [
        "kube-apiserver",
        f"--etcd-servers={etcd_uri(folder)}",
        f"--secure-port={port}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--allow-privileged",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={pki}/sa.pub",
        f"--service-account-signing-key-file={pki}/sa.key",
        *more,
    ]


def lone_api_server(folder: Path, port: int) -> list[str]:
    """Without nodes: on 127.0.0.1, with the audit log."""
    return api_server(
        folder,
        port,
        "--bind-address=127.0.0.1",
        "--endpoint-reconciler-type=none",  # a loopback address is not valid in Endpoints
        "--authorization-mode=RBAC",
        f"--audit-policy-file={audit_policy(folder)}",
        f"--audit-log-path={audit_log(folder)}",
    )


def controllers(folder: Path, uri: str, *more: str) -> list[str]:
    return [
        "kube-controller-manager",
        f"--kubeconfig={folder}/controller-manager.conf",
        f"--master={uri}",  # kubeadm wrote the advertised address into the kubeconfig
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--secure-port=0",
        *more,
    ]


def lone_controllers(folder: Path, uri: str) -> list[str]:
    return controllers(folder, uri, f"--controllers={','.join(_WITHOUT_NODES)}")
