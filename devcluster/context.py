"""An existing cluster, used only if $MARE_KUBECONTEXT names its context."""

from collections.abc import Mapping
from pathlib import Path

from devcluster import CannotRun
from devcluster.cluster import Cluster
from devcluster.programs import cache, programs
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
    kubectl = programs("kubernetes", ["kubectl"]) / "kubectl"
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
        inside=(),
        load_image=_refuse,
    )


def _refuse(archive: Path) -> None:
    raise CannotRun(f"Push {archive.name} to the registry of that cluster instead.")
