"""Certificates, kubeconfigs and command lines of etcd, API server and controllers."""

import string
from collections.abc import Sequence
from pathlib import Path

from mare.processes.command import run

NODE = "control-plane"
ADDRESS = "192.0.2.10"
"""An address of the range for documentation: kubeadm refuses a loopback address here."""
_TEMPLATE = Path(__file__).with_name("kubeadm.yaml")


def make_credentials(kubeadm: Path, folder: Path, port: int, clients: Sequence[str]) -> None:
    """Fill ``folder`` with ``pki/`` and kubeconfigs of kubeadm's ``clients`` for 127.0.0.1."""
    text = string.Template(_TEMPLATE.read_text()).substitute(
        version=_run(kubeadm, "version", "--output=short").strip(),
        address=ADDRESS,
        port=port,
        node=NODE,
        pki=folder / "pki",
    )
    config = folder / "kubeadm.yaml"
    config.write_text(text)
    _run(kubeadm, "init", "phase", "certs", "all", f"--config={config}")
    for client in clients:
        _run(
            *(kubeadm, "init", "phase", "kubeconfig", client),
            *(f"--config={config}", f"--kubeconfig-dir={folder}"),
        )


def _run(*command: Path | str) -> str:
    return run(command, seconds=60)


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
