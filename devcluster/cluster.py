"""A cluster as its users see it, whatever runs it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kubernetes.client import ApiClient

from devcluster.kubectl import Kubectl, new_client
from devcluster.programs import programs
from mare.processes.command import run


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Kubeconfig and addresses of a cluster; all addresses are on 127.0.0.1 of this machine."""

    kubeconfig: Path
    registry: str
    """HOST:PORT of the registry, plain HTTP; machine and cluster use the same name."""
    ingress: str
    """URL of the ingress; the Host header selects the rule."""
    inside: tuple[str, ...]
    """Prefix that runs a command in the network of the node; empty where that is the machine's."""
    load_image: Callable[[Path], None]
    """Imports the images of a docker-archive or oci-archive."""

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl of this cluster: `cluster.kubectl("get", "pods")` returns its output."""
        folder = programs("kubernetes", ["kubectl"])
        return Kubectl(folder / "kubectl", self.kubeconfig)

    def helm(self, *arguments: str, version: int = 4, seconds: float = 300) -> str:
        """Return the output of Helm 3 or 4; raise CommandFailed."""
        name = f"helm{version}"
        program = programs("helm", [name]) / name
        return run([str(program), f"--kubeconfig={self.kubeconfig}", *arguments], seconds=seconds)

    def client(self) -> ApiClient:
        return new_client(self.kubeconfig)
