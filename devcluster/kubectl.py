"""Command lines against a cluster's API: kubectl and Helm, with a kubeconfig that is always named.

The user's own kubeconfig and the variables that point to it are never looked at.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class CommandFailed(Exception):
    """A command ended with an error; says what it said."""


class KubectlFailed(CommandFailed):
    """kubectl ended with an error; says what it said."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Call it with kubectl's arguments."""

    program: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, stdin: str = "", seconds: float = 120) -> str:
        """Return what kubectl prints; raise KubectlFailed."""
        command = [
            str(self.program),
            f"--kubeconfig={self.kubeconfig}",
            "--cache-dir=/dev/null",  # it would not see a new resource for minutes
            *arguments,
        ]
        return run(command, stdin=stdin, seconds=seconds, failure=KubectlFailed)


def run(
    command: Sequence[str],
    *,
    stdin: str = "",
    seconds: float,
    failure: type[CommandFailed] = CommandFailed,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Return the standard output; raise ``failure`` with standard error, or after ``seconds``."""
    try:
        answer = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env=environment,
        )
    except subprocess.TimeoutExpired as expired:
        raise failure(f"{' '.join(command)} took more than {seconds:g} s") from expired
    if answer.returncode:
        raise failure(answer.stderr.strip() or answer.stdout.strip())
    return answer.stdout
