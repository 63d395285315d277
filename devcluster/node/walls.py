"""What the first process does inside its new namespaces, before anything else runs there.

Its network has no way out, and what programs write under /var/lib, /var/log and /run stays in the
node's own folder. The kernel takes all of it away with the last process.
"""

import subprocess
from pathlib import Path

from devcluster.credentials import ADDRESS
from devcluster.node.layout import PRIVATE, Layout

BELIEVED = {
    "vm/overcommit_memory": "1",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What a kubelet would set for the whole machine. It finds a file that says it is so already."""


def raise_walls(layout: Layout) -> None:
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
    for name, value in BELIEVED.items():
        own = folder / "sys" / name
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(value)
        _run("mount", "--bind", str(own), f"/proc/sys/{name}")
    _run("mount", "--make-rshared", "/")  # volumes that the kubelet mounts have to reach containers


def _network() -> None:
    """A kubelet refuses a loopback address and wants a default route: give it a wire to nowhere."""
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
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=30)
