"""Prepares programs, images and ports, then starts a node."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devcluster import CannotRun
from devcluster.node.images import archives
from devcluster.node.layout import REGISTRY_PORT, Layout
from devcluster.node.native import NativeNode
from devcluster.node.policies import API_PORT
from devcluster.node.requirements import require
from devcluster.programs import FAST_TESTS, NODE, cache, programs
from mare.processes.tcp_ports import free_port, is_free

_PROJECT = Path(__file__).parents[2]
_INGRESS_PORT = 8080
_LOOPBACK = "127.0.0.1"


def start_node(
    folder: Path,
    *,
    detached: bool,
    registry_port: int = REGISTRY_PORT,
) -> NativeNode:
    """Start a node with its state in a new `folder`; raise CannotRun or NodeFailed."""
    require([folder, cache(), _PROJECT, Path(sys.prefix), Path(sys.base_prefix)])
    for toolset, names in FAST_TESTS.items():  # tests without a node wait for these
        programs(toolset, names)
    folder.mkdir(parents=True)
    links = folder / "bin"
    links.mkdir()
    for toolset, names in NODE.items():
        built = programs(toolset, names)
        for name in names:
            (links / name).symlink_to(built / name)
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
