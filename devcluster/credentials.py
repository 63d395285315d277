"""Certificates and kubeconfigs of a control plane, made by kubeadm."""

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
