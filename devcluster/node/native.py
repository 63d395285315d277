"""Start a node in namespaces of its own, and take all of it away (root on Linux only)."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devcluster.node.cgroups import make_cgroups, remove_cgroups
from devcluster.node.layout import Layout, cgroup
from mare.processes.spawn import spawn

_PROJECT = Path(__file__).parents[2]
_START_SECONDS = 300.0
_LOG_BYTES = 4_000


class NodeFailed(Exception):
    """The node did not start; shows what it said."""


@dataclass(frozen=True, slots=True)
class NativeNode:
    """A node that has started."""

    layout: Layout
    pid: int
    """Its first process, as the machine numbers it."""
    starter: subprocess.Popen[bytes] | None = None
    """Our child that waits for it, if this process started it."""

    @classmethod
    def start(cls, layout: Layout, say: Callable[[str], None]) -> Self:
        """Return when all is ready, or raise NodeFailed.

        It ends with this process, however that ends, unless the layout says ``detached``.
        """
        make_cgroups(layout.cgroup)
        starter = _unshare(layout)
        try:
            pid = _only_child(starter)
            (layout.folder / "pid").write_text(str(pid))
            _follow(starter, layout, say)
        except BaseException:
            starter.kill()
            starter.wait()
            _clean(layout.folder)
            raise
        return cls(layout, pid, starter)

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """Return the node that runs in ``folder``; remove what is left of one that was killed."""
        pid = _running(folder)
        if pid is None:
            _clean(folder)
            return None
        return cls(Layout.read(folder / "layout.json"), pid)

    @property
    def inside(self) -> tuple[str, ...]:
        """Put before a command, it runs it in the node's network."""
        return ("nsenter", f"--target={self.pid}", "--net", "--")

    def load_image(self, archive: Path) -> None:
        """Import a ``docker-archive`` or ``oci-archive``; raise CalledProcessError."""
        subprocess.run(
            [
                *("nsenter", f"--target={self.pid}", "--mount", "--"),
                *(str(self.layout.programs / "ctr"), "--namespace=k8s.io"),
                *("images", "import", "--local", str(archive.resolve())),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )

    def stop(self) -> None:
        """Kill its first process, wait for the end of all others, remove what they left."""
        end_node(self.layout.folder)
        if self.starter:
            self.starter.wait()


def end_node(folder: Path) -> None:
    """Take away the node in ``folder``, whatever is left of it."""
    if (pid := _running(folder)) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while _running(folder) is not None:  # the kernel ends all the others before the first
        time.sleep(0.02)
    _clean(folder)


def _running(folder: Path) -> int | None:
    """Return the number of the node's first process, unless that has ended."""
    try:
        pid = int((folder / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except (OSError, ValueError):
        return None
    return pid if str(folder) in command else None


def _unshare(layout: Layout) -> subprocess.Popen[bytes]:
    command = [
        *("unshare", "--net", "--mount", "--pid", "--ipc", "--uts"),
        *("--fork", "--kill-child=KILL", "--mount-proc", f"--wd={_PROJECT}"),
        *(sys.executable, "-m", "devcluster.node.init", str(layout.write())),
    ]
    environment = {"PATH": layout.path}
    with (layout.folder / "init.log").open("ab") as log:
        if not layout.detached:
            return spawn(command, environment=environment, output=log, descriptors=layout.listeners)
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=layout.listeners,
        )


def _only_child(starter: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{starter.pid}/task/{starter.pid}/children")
    while starter.poll() is None:
        if pids := children.read_text().split():
            return int(pids[0])
        time.sleep(0.01)
    raise NodeFailed("unshare ended at once: making namespaces needs root with all its rights.")


def _follow(starter: subprocess.Popen[bytes], layout: Layout, say: Callable[[str], None]) -> None:
    """Repeat what the node says of its progress, until it is ready."""
    said = 0
    deadline = time.monotonic() + _START_SECONDS
    while True:
        is_ready = layout.ready.exists()
        lines = layout.progress.read_text().splitlines() if layout.progress.exists() else []
        for line in lines[said:]:
            say(line)
        said = len(lines)
        if is_ready:
            return
        if starter.poll() is not None or time.monotonic() > deadline:
            log = (layout.folder / "init.log").read_bytes()[-_LOG_BYTES:]
            raise NodeFailed(f"The node did not start:\n{log.decode(errors='replace')}")
        time.sleep(0.05)


def _clean(folder: Path) -> None:
    remove_cgroups(cgroup(folder))
    if folder.exists():
        shutil.rmtree(folder)
