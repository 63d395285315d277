"""A cluster to install things on, wherever it came from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kubernetes import client, config

from devcluster.kubectl import Kubectl, run
from devcluster.programs import programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Fixture ``cluster``; all of its addresses are on this machine's 127.0.0.1."""

    kubeconfig: Path
    registry: str
    """``HOST:PORT`` to push images to, over plain HTTP; the cluster pulls them by the same name."""
    ingress: str
    """URL of the ingress; it chooses by the ``Host`` of a request."""
    inside: tuple[str, ...]
    """Put before a command, it runs it in the node's network; empty where that is the machine's."""
    load_image: Callable[[Path], None]
    """Bring the images of a ``docker-archive`` or ``oci-archive`` into the cluster."""
    say: Callable[[str], None]

    @property
    def kubectl(self) -> Kubectl:
        """Run kubectl: ``cluster.kubectl("get", "pods")`` returns what it prints."""
        folder = programs("kubernetes", ["kubectl"], self.say)
        return Kubectl(folder / "kubectl", self.kubeconfig)

    def helm(self, *arguments: str, version: int = 4, seconds: float = 300) -> str:
        """Return what Helm ``version`` (3 or 4) prints; raise CommandFailed."""
        name = f"helm{version}"
        program = programs("helm", [name], self.say) / name
        return run([str(program), f"--kubeconfig={self.kubeconfig}", *arguments], seconds=seconds)

    def client(self) -> client.ApiClient:
        """Return a client that may do everything, to be used in a ``with`` block."""
        api: client.ApiClient = config.new_client_from_config(str(self.kubeconfig))  # type: ignore[no-untyped-call]
        return api
