"""A cluster as its users see it, whatever runs it, and its kubectl."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kubernetes import client, config
from kubernetes.client import ApiClient

from devcluster.programs import programs
from mare.processes.command import CommandFailed, run


class KubectlFailed(CommandFailed):
    """Raised when kubectl ends with an error; shows its message."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """A callable: its arguments are those of kubectl."""

    program: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, stdin: str = "", seconds: float = 120) -> str:
        """Return what kubectl prints; raise KubectlFailed."""
        command = [
            str(self.program),
            f"--kubeconfig={self.kubeconfig}",
            "--cache-dir=/dev/null",  # a cached discovery hides new resources for minutes
            *arguments,
        ]
        return run(command, stdin=stdin, seconds=seconds, failure=KubectlFailed)


def new_client(kubeconfig: Path) -> client.ApiClient:
    """Return a client with the rights of `kubeconfig`; use it in a `with` block."""
    api: client.ApiClient = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
    return api


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Kubeconfig and addresses of a cluster; all addresses are on 127.0.0.1 of this machine."""

    kubeconfig: Path
    registry: str
    """HOST:PORT of the registry, plain HTTP; machine and cluster use the same name."""
    ingress: str
    """URL of the ingress; the Host header selects the rule."""
    load_image: Callable[[Path], object]
    """Imports the images of a docker-archive or oci-archive."""

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl of this cluster: `cluster.kubectl("get", "pods")` returns its output."""
        folder = programs(["kubectl"])
        return Kubectl(folder / "kubectl", self.kubeconfig)

    def helm(self, *arguments: str, version: int = 4, seconds: float = 300) -> str:
        """Return the output of Helm 3 or 4; raise CommandFailed."""
        name = f"helm{version}"
        program = programs([name]) / name
        return run([str(program), f"--kubeconfig={self.kubeconfig}", *arguments], seconds=seconds)

    def client(self) -> ApiClient:
        return new_client(self.kubeconfig)
