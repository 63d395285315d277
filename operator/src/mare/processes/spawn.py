"""Start a child process that cannot outlive this one."""

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session, so that Ctrl-C reaches only this process.

    Standard output and standard error both go to `output`. The child inherits `descriptors`.
    """
    return _spawner.submit(
        subprocess.Popen,
        [*DIES_WITH_US, *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=descriptors,
    ).result()
