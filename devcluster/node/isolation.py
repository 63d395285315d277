"""Mounts, network and configuration files of the node, made by its first process.

The network has no route to the outside. /var/lib and /var/log are folders of the node, /run is a
tmpfs. The kernel removes mounts and devices with the last process. The configuration suits
restricted machines: CAP_SYS_RESOURCE may be missing, the cgroups version 1, the disk nearly full.
"""

import string
from pathlib import Path

from devcluster.control_plane import ADDRESS, NODE
from devcluster.node.layout import PRIVATE, SANDBOX_IMAGE, Layout
from mare.processes.command import run

SYSCTLS = {
    "vm/overcommit_memory": "1",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""Values that a kubelet sets for the whole machine; files mounted over them hold them already."""


def isolate(layout: Layout) -> None:
    _mounts(layout.folder)
    _network()


def _mounts(folder: Path) -> None:
    _run("mount", "--make-rprivate", "/")
    *on_disk, in_memory = PRIVATE
    for path in on_disk:
        own = folder / path.strip("/")
        own.mkdir(parents=True)
        _run("mount", "--bind", str(own), path)
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", in_memory)
    for name, value in SYSCTLS.items():
        own = folder / "sys" / name
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(value)
        _run("mount", "--bind", str(own), f"/proc/sys/{name}")
    _run("mount", "--make-rshared", "/")  # mounts of the kubelet must propagate to containers


def _network() -> None:
    """Create a veth pair: the kubelet refuses a loopback address and needs a default route."""
    for command in (
        "link set lo up",
        "link add eth0 type veth peer name nowhere",
        "link set nowhere up",
        "link set eth0 up",
        f"address add {ADDRESS}/24 dev eth0",
        "route add default via 192.0.2.1",
    ):
        _run("ip", *command.split())
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _run(*command: str) -> None:
    run(command, seconds=30)


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
