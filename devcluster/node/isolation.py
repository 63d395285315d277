"""Mounts and network of the node, set up by its first process in the new namespaces.

The network has no route to the outside. /var/lib and /var/log are folders of the node, /run is a
tmpfs. The kernel removes mounts and devices with the last process.
"""

from pathlib import Path

from devcluster.credentials import ADDRESS
from devcluster.node.layout import PRIVATE, Layout
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
