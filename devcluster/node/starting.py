"""Prepares packages, programs, images and ports, then starts a node."""

import os
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devcluster import CannotRun, say
from devcluster.node.images import archives
from devcluster.node.layout import PRIVATE, REGISTRY_PORT, Layout
from devcluster.node.native import NativeNode, end_node
from devcluster.node.policies import API_PORT
from devcluster.programs import CONTAINERS, FAST_TESTS, NODE, cache, debian_program, programs
from local.packages import apt_install
from mare.processes.tcp_ports import free_port, is_free

_PACKAGES = {
    "buildah": "buildah",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "iptables": "iptables",
    "runc": "runc",
}
"""The Debian package of each program."""
_NETWORK_PLUGINS = Path("/usr/lib/cni/bridge")


def require(read_inside: Iterable[Path], *, is_root: bool | None = None) -> None:
    """Install missing packages, or raise CannotRun; the node reads the paths `read_inside`."""
    if is_root is None:
        is_root = os.geteuid() == 0
    if sys.platform != "linux" or not is_root:
        raise CannotRun(
            "A cluster needs a Docker engine (for kind), or root on Linux, "
            "or MARE_KUBECONTEXT with the name of a context of your kubeconfig."
        )
    for path in read_inside:
        if any(path.is_relative_to(folder) for folder in PRIVATE):
            raise CannotRun(f"A node cannot read {path}: move it outside of {', '.join(PRIVATE)}.")
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    if not _NETWORK_PLUGINS.exists():
        missing.append("containernetworking-plugins")
    if missing and not shutil.which("apt-get"):
        raise CannotRun(f"A cluster without Docker needs {', '.join(missing)}: install them.")
    if missing:
        apt_install(missing, say)


_PROJECT = Path(__file__).parents[2]
_INGRESS_PORT = 8080
_LOOPBACK = "127.0.0.1"


def start_node(
    folder: Path,
    *,
    detached: bool,
    registry_port: int = REGISTRY_PORT,
) -> NativeNode:
    """Start a node with its state in `folder`; raise CannotRun or CommandFailed.

    Remove what a killed node left there.
    """
    require([folder, cache(), _PROJECT, Path(sys.prefix), Path(sys.base_prefix)])
    programs(FAST_TESTS)  # first, because tests without a node wait for these
    built = programs((*NODE, *CONTAINERS))
    end_node(folder)
    folder.mkdir(parents=True)
    links = folder / "bin"
    links.mkdir()
    for name in NODE:
        (links / name).symlink_to(built / name)
    (links / "registry").symlink_to(_registry())
    ports = (_preferred(API_PORT), _preferred(_INGRESS_PORT), registry_port)
    with _listening(ports) as listeners:
        layout = Layout(
            folder=folder,
            programs=links,
            archives=archives(),
            api_port=ports[0],
            ingress_port=ports[1],
            registry_port=registry_port,
            listeners=listeners,
            detached=detached,
        )
        return NativeNode.start(layout)


def _registry() -> Path:
    """Return Debian's registry: to compile one takes as long as half of Kubernetes."""
    return debian_program("docker-registry", "docker-registry")


def _preferred(port: int) -> int:
    return port if is_free(port) else free_port()


@contextmanager
def _listening(ports: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Listen outside of the node; it inherits the sockets and forwards their connections."""
    listeners = []
    try:
        for port in ports:
            try:
                listeners.append(socket.create_server((_LOOPBACK, port), backlog=1024))
            except OSError as error:
                raise CannotRun(
                    f"Port {port} of {_LOOPBACK} is taken; end the program that listens there."
                ) from error
        yield tuple(listener.fileno() for listener in listeners)
    finally:
        for listener in listeners:
            listener.close()
