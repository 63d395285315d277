"""Runs a command to its end, or fails with what it printed."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_SHOWN = 3_000
"""Last characters of the output that an error shows."""


class CommandFailed(Exception):
    """Raised when a command ends with an error or takes too long; shows its last output."""


def run(
    command: Sequence[str | Path],
    *,
    seconds: float,
    stdin: str = "",
    cwd: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    failure: type[CommandFailed] = CommandFailed,
) -> str:
    """Return the standard output of `command`; raise `failure` if it fails or takes too long."""
    words = [str(word) for word in command]
    try:
        answer = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            cwd=cwd,
            env=environment,
        )
    except subprocess.TimeoutExpired as expired:
        raise failure(f"{' '.join(words)} took more than {seconds:g} s.") from expired
    if answer.returncode:
        output = (answer.stderr.strip() or answer.stdout.strip())[-_SHOWN:]
        raise failure(f"{' '.join(words[:3])} failed:\n{output}")
    return answer.stdout
