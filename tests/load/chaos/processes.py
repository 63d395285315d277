"""Processes of the Pods of a release, as this machine sees them: kill, stop, continue, enter."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mare.processes.command import CommandFailed
from tests.e2e.application import Application

_CLONE_NEWNET = 0x40000000
HIT_SECONDS = 60.0
"""How long a fault waits for a process: a workload may be at zero replicas, or just start again."""


def pods_of(application: Application, prefix: str) -> list[dict[str, Any]]:
    """Return the Pods whose names begin so."""
    items = application.read("api/v1", "pods")["items"]
    return [each for each in items if each["metadata"]["name"].startswith(prefix)]


def processes_by_pod(application: Application, prefix: str) -> dict[str, list[int]]:
    """Return all processes in the containers of these Pods, by the name of the Pod."""
    pods = {
        identity.rpartition("/")[2]: pod["metadata"]["name"]
        for pod in pods_of(application, prefix)
        for container in pod["status"].get("containerStatuses", ())
        if (identity := container.get("containerID"))
    }
    found: dict[str, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/cgroup"):
        with suppress(OSError):  # the process has ended
            container = file.read_text().strip().rpartition("/")[2]
            if container in pods:
                found.setdefault(pods[container], []).append(int(file.parent.name))
    return found


def processes(application: Application, prefix: str) -> list[int]:
    return [pid for pids in processes_by_pod(application, prefix).values() for pid in pids]


def first_processes(application: Application, prefix: str) -> list[int]:
    """Return process 1 of each container: it leads into the network of its Pod."""
    return [pid for pid in processes(application, prefix) if _is_first(pid)]


def _is_first(pid: int) -> bool:
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        numbers = next(line for line in status.splitlines() if line.startswith("NSpid:"))
        return numbers.split()[-1] == "1"
    return False


def hit(
    find: Callable[[], Iterable[int]],
    act: Callable[[int], object],
    seconds: float = HIT_SECONDS,
) -> list[int]:
    """Do something to all processes that `find` returns, and return those that it was done to.

    A failure counts unless the process has ended meanwhile. Raises LookupError if no process was
    hit within `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        done = [pid for pid in find() if _acted(act, pid)]
        if done:
            return done
        if time.monotonic() >= end:
            raise LookupError(f"no process was there to hit for {seconds:.0f} s")
        time.sleep(1)


def _acted(act: Callable[[int], object], pid: int) -> bool:
    try:
        act(pid)
    except (CommandFailed, OSError):
        if is_running(pid):
            raise
        return False
    return True


def is_running(pid: int) -> bool:
    """Return whether a process is there, and no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def send(
    application: Application, prefix: str, sent: signal.Signals, seconds: float = HIT_SECONDS
) -> None:
    """Send a signal to all processes of these Pods; raise LookupError if there is none."""
    hit(lambda: processes(application, prefix), lambda pid: os.kill(pid, sent), seconds)


def kill(application: Application, prefix: str, killed: dict[str, float]) -> None:
    """Send SIGKILL to all processes of these Pods; note the time of each Pod's in `killed`."""
    by_pod: dict[str, list[int]] = {}

    def find() -> list[int]:
        by_pod.update(processes_by_pod(application, prefix))
        return [pid for pids in by_pod.values() for pid in pids]

    done = hit(find, lambda pid: os.kill(pid, signal.SIGKILL))
    killed |= {pod: time.time() for pod, pids in by_pod.items() if set(pids) & set(done)}


def resume(application: Application, prefix: str) -> None:
    """Send SIGCONT to what is left of a stopped Pod, which may be nothing."""
    for pid in processes(application, prefix):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def program(folder: Path, name: str) -> int:
    """Return the process of a program of the node whose files are in `folder`."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            of_folder = any(bytes(folder) + b"/" in each for each in words)
            if words[0].endswith(name.encode()) and of_folder:
                return int(process.name)
    raise LookupError(f"{name} of {folder} is no process of this machine")


@contextmanager
def network_of(pid: int) -> Iterator[None]:
    """Let the sockets that this thread opens be in the network of a process."""
    libc = ctypes.CDLL(None, use_errno=True)
    own_network, other_network = Path("/proc/thread-self/ns/net"), Path(f"/proc/{pid}/ns/net")
    with own_network.open() as own, other_network.open() as other:
        if libc.setns(other.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns to the network of process {pid}")
        try:
            yield
        finally:
            libc.setns(own.fileno(), _CLONE_NEWNET)
