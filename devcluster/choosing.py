"""Selects the cluster: a named context, else kind where Docker runs, else a native node."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from devcluster import CannotRun
from devcluster.cluster import Cluster
from devcluster.images.engines import Docker
from devcluster.kind import find_kind, start_kind, stop_kind
from devcluster.node.native import NativeNode, end_node
from devcluster.node.starting import start_node
from devcluster.programs import cache, programs
from local.cache import locked, shared
from mare.processes.command import run

_NEEDED = {
    "MARE_REGISTRY": "HOST:PORT of a registry that it pulls from and you may push to",
    "MARE_INGRESS": "the URL of its ingress",
}


def named_context(environ: Mapping[str, str]) -> Cluster | None:
    """Return the cluster of ``MARE_KUBECONTEXT`` if it is set; raise `CannotRun`."""
    context = environ.get("MARE_KUBECONTEXT")
    if not context:
        return None
    if missing := [f"{name} ({what})" for name, what in _NEEDED.items() if not environ.get(name)]:
        raise CannotRun(f"With MARE_KUBECONTEXT set, set also {' and '.join(missing)}.")
    kubectl = programs(["kubectl"]) / "kubectl"
    # A copy with that context alone, so that no command can reach another cluster by accident.
    minified = run(
        [
            *(str(kubectl), f"--context={context}"),
            *("config", "view", "--minify", "--flatten", "--raw"),
        ],
        seconds=30,
        environment=environ,
    )
    kubeconfig = cache() / "context.conf"
    kubeconfig.parent.mkdir(parents=True, exist_ok=True)
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(minified)
    return Cluster(
        kubeconfig=kubeconfig,
        registry=environ["MARE_REGISTRY"],
        ingress=environ["MARE_INGRESS"].rstrip("/"),
        load_image=_refuse,
    )


def _refuse(archive: Path) -> None:
    raise CannotRun(f"Push {archive.name} to the registry of that cluster instead.")


def keep_cluster() -> Cluster:
    """Return the cluster that runs, or start one that runs until `end_cluster`."""
    with _lock():
        node = NativeNode.find(_folder())
        if node and not node.layout.detached:
            raise CannotRun("A test run uses the cluster now; start again when it has ended.")
        return _get(detached=True)[0]


@contextmanager
def cluster_for_tests() -> Iterator[Cluster]:
    """Yield the cluster that runs, or start one; its starter ends it once no other uses it."""
    with shared(cache() / "users.lock") as alone:
        with _lock():
            cluster, end = _get(detached=False)
        try:
            yield cluster
        finally:
            if end:
                alone()
                with _lock():
                    end()


def find_cluster() -> Cluster | None:
    if named := named_context(os.environ):
        return named
    if Docker.answers():
        return find_kind()
    node = NativeNode.find(_folder())
    return _native(node) if node else None


def end_cluster() -> None:
    """Remove a cluster that `keep_cluster` started; a named one is left as it is."""
    with _lock():
        if Docker.answers() and find_kind():
            stop_kind()
        end_node(_folder())


def _lock() -> AbstractContextManager[None]:
    """Let one process at a time start or end the cluster."""
    return locked(cache() / "start.lock")


def _get(*, detached: bool) -> tuple[Cluster, Callable[[], None] | None]:
    """Return a cluster and a function that ends it if this call started it."""
    if found := find_cluster():
        return found, None
    if Docker.answers():
        return start_kind(), stop_kind
    node = start_node(_folder(), detached=detached)
    return _native(node), node.stop


def _native(node: NativeNode) -> Cluster:
    layout = node.layout
    return Cluster(
        kubeconfig=layout.kubeconfig,
        registry=f"localhost:{layout.registry_port}",
        ingress=f"http://127.0.0.1:{layout.ingress_port}",
        load_image=node.load_image,
    )


def _folder() -> Path:
    return cache() / "node"
