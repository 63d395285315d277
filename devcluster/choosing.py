"""Which cluster: one that is named, else kind's where Docker runs, else a node of our own."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devcluster.cluster import Cluster
from devcluster.context import named_context
from devcluster.kind import find_kind, has_docker, start_kind, stop_kind
from devcluster.node.native import NativeNode, end_node
from devcluster.node.requirements import CannotRun
from devcluster.node.starting import start_node
from devcluster.programs import cache


def keep_cluster(say: Callable[[str], None]) -> Cluster:
    """Return a cluster that stays until :func:`end_cluster`, started unless it runs already."""
    return _get(say, detached=True)[0]


@contextmanager
def cluster_for_tests(say: Callable[[str], None]) -> Iterator[Cluster]:
    """Lend the cluster that runs already, or else one that ends with the context."""
    cluster, end = _get(say, detached=False)
    try:
        yield cluster
    finally:
        end()


def find_cluster(say: Callable[[str], None]) -> Cluster | None:
    """Return the cluster that the others would find running."""
    if named := named_context(os.environ, say):
        return named
    if has_docker():
        return find_kind(say)
    node = NativeNode.find(_folder())
    return _native(node, say) if node else None


def end_cluster(say: Callable[[str], None]) -> None:
    """Remove ours, if there is one; a cluster that was named stays as it is."""
    if has_docker() and find_kind(say):
        stop_kind(say)
    end_node(_folder())


def _get(say: Callable[[str], None], *, detached: bool) -> tuple[Cluster, Callable[[], None]]:
    """Return a cluster, and what ends it if it was started for the caller."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := find_cluster(say):
            _refuse_borrowed()
            return found, _leave_it
        if has_docker():
            return start_kind(say), lambda: stop_kind(say)
        node = start_node(_folder(), say, detached=detached)
        return _native(node, say), node.stop


def _leave_it() -> None:
    """Others use it."""


def _refuse_borrowed() -> None:
    node = NativeNode.find(_folder())
    if node and not node.layout.detached:
        raise CannotRun("A test run has a cluster at the moment; wait for its end.")


def _native(node: NativeNode, say: Callable[[str], None]) -> Cluster:
    layout = node.layout
    return Cluster(
        kubeconfig=layout.kubeconfig,
        registry=f"localhost:{layout.registry_port}",
        ingress=f"http://127.0.0.1:{layout.ingress_port}",
        inside=node.inside,
        load_image=node.load_image,
        say=say,
    )


def _folder() -> Path:
    return cache() / "node"
