"""Runs a command to its end, or as a child process that cannot outlive this one."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
"""A prefix of a command: the kernel kills the child when the thread that started it ends.

This also covers a SIGKILL of this process."""

# This thread lives as long as the interpreter, so that the calling thread can end earlier.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes],
    descriptors: Sequence[int] = (),
    detached: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session, so that Ctrl-C reaches only this process.

    Standard output and standard error both go to `output`. The child inherits `descriptors`. Only
    a `detached` one outlives this process.
    """
    return _spawner.submit(
        subprocess.Popen,
        command if detached else [*DIES_WITH_US, *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=descriptors,
    ).result()


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
