"""Start a child process that cannot outlive this one."""

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
"""Put before a command, it makes the kernel kill the child when the thread ends that started it,
so also when this process dies, however it dies."""

# A thread that lives as long as the interpreter, so that the caller's thread may end.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes],
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, so that Ctrl-C reaches only this process.

    Standard output and error both go to ``output``; the child keeps open ``descriptors``.
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
