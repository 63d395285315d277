"""kubectl with an explicit kubeconfig: the user's own kubeconfig is never read."""

from dataclasses import dataclass
from pathlib import Path

from kubernetes import client, config

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
