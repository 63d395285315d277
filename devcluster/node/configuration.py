"""Configuration files of the native node, for restricted machines.

CAP_SYS_RESOURCE may be missing, cgroups may be version 1, and the disk may be nearly full.
"""

import string
from pathlib import Path

from devcluster.credentials import NODE
from devcluster.node.layout import SANDBOX_IMAGE, Layout

CONTAINERD = "/run/containerd/containerd.sock"
PODS = "10.244.0.0/16"
"""Addresses of all Pods."""
_TEMPLATES = Path(__file__).parent / "files"


def write_configuration(layout: Layout) -> None:
    (layout.folder / "resolv.conf").write_text("")  # the node has no network outside
    (layout.folder / "cni").mkdir()
    for template in _TEMPLATES.iterdir():
        folder = layout.folder / "cni" if template.suffix == ".conflist" else layout.folder
        text = string.Template(template.read_text()).substitute(
            folder=layout.folder,
            kubeconfig=layout.kubeconfig,
            cgroup=layout.cgroup,
            registry_port=layout.registry_port,
            containerd=CONTAINERD,
            sandbox=SANDBOX_IMAGE,
            pods=PODS,
            node=NODE,
        )
        (folder / template.name).write_text(text)
