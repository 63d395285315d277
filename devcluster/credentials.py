"""Certificates and kubeconfigs of a control plane, made by kubeadm."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from devcluster.command import CommandFailed, run

NODE = "control-plane"
ADDRESS = "192.0.2.10"
"""An address of the range for documentation: kubeadm refuses a loopback address here."""


class KubeadmFailed(CommandFailed):
    """Raised when kubeadm ends with an error; shows its last output."""


def make_credentials(kubeadm: Path, folder: Path, port: int, clients: Sequence[str]) -> None:
    """Fill ``folder`` with ``pki/`` and kubeconfigs of kubeadm's ``clients`` for 127.0.0.1."""
    documents = [
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "InitConfiguration",
            "localAPIEndpoint": {"advertiseAddress": ADDRESS, "bindPort": port},
            "nodeRegistration": {"name": NODE},
        },
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "ClusterConfiguration",
            "kubernetesVersion": _version(kubeadm),
            "controlPlaneEndpoint": f"127.0.0.1:{port}",
            "certificatesDir": str(folder / "pki"),
            "encryptionAlgorithm": "ECDSA-P256",  # RSA keys take seconds of processor time
        },
    ]
    config = folder / "kubeadm.yaml"
    config.write_text(yaml.safe_dump_all(documents))
    _run(kubeadm, "init", "phase", "certs", "all", f"--config={config}")
    for client in clients:
        _run(
            *(kubeadm, "init", "phase", "kubeconfig", client),
            *(f"--config={config}", f"--kubeconfig-dir={folder}"),
        )


def _version(kubeadm: Path) -> str:
    return _run(kubeadm, "version", "--output=short").strip()


def _run(*command: Path | str) -> str:
    return run(command, seconds=60, failure=KubeadmFailed)
