"""Starts and removes a node in namespaces of its own (root on Linux only)."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devcluster import say
from devcluster.node.layout import Layout, cgroup
from mare.processes.command import CommandFailed, run, spawn

_CGROUPS = Path("/sys/fs/cgroup")
_CGROUP_SECONDS = 60.0
_SHARES = {"cpu.shares": "8192", "cpu.weight": "800"}
"""All Pods together get the processor share of eight other processes (cgroup v1, v2)."""


def make_cgroups(name: str) -> None:
    """Create `name` in each hierarchy of the kernel, version 1 or 2."""
    for hierarchy in _hierarchies():
        folder = hierarchy / name
        folder.mkdir(exist_ok=True)
        for file, share in _SHARES.items():
            if (folder / file).exists():
                (folder / file).write_text(share)


def remove_cgroups(name: str) -> None:
    """Remove `name` and all below it; its processes were killed before."""
    deadline = time.monotonic() + _CGROUP_SECONDS
    while left := [path for hierarchy in _hierarchies() for path in _tree(hierarchy / name)]:
        for path in left:
            try:
                path.rmdir()
            except OSError:  # EBUSY until the last process is reaped
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.02)


def _hierarchies() -> list[Path]:
    if (_CGROUPS / "cgroup.procs").exists():
        return [_CGROUPS]
    found = [path for path in _CGROUPS.iterdir() if (path / "cgroup.procs").exists()]
    return [path for path in found if not path.is_symlink()]


def _tree(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    below = [path for path in folder.rglob("*") if path.is_dir()]
    return [*sorted(below, key=lambda path: len(path.parts), reverse=True), folder]


_PROJECT = Path(__file__).parents[2]
_START_SECONDS = 300.0
_LOG_BYTES = 4_000


@dataclass(frozen=True, slots=True)
class NativeNode:
    layout: Layout
    pid: int
    """PID of its first process in the namespace of the machine."""
    starter: subprocess.Popen[bytes] | None = None
    """The child that waits for the node, if this process started it."""

    @classmethod
    def start(cls, layout: Layout) -> Self:
        """Return when the node is ready. Unless `detached`, the kernel ends it with us."""
        make_cgroups(layout.cgroup)
        starter = _unshare(layout)
        try:
            pid = _only_child(starter)
            (layout.folder / "pid").write_text(str(pid))
            _follow(starter, layout)
        except BaseException:
            starter.kill()
            starter.wait()
            _clean(layout.folder)
            raise
        return cls(layout, pid, starter)

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """Return the node that runs in `folder`. One that is starting is not found."""
        pid = _running(folder)
        return cls(Layout.read(folder / "layout.json"), pid) if pid is not None else None

    def load_image(self, archive: Path) -> None:
        """Import a docker-archive or oci-archive."""
        enter = ("nsenter", f"--target={self.pid}", "--mount", "--")
        ctr = (self.layout.programs / "ctr", "--namespace=k8s.io")
        run([*enter, *ctr, "images", "import", "--local", archive.resolve()], seconds=300)

    def stop(self) -> None:
        """Kill the first process, wait until all others have ended, remove the files."""
        end_node(self.layout.folder)
        if self.starter:
            self.starter.wait()


def end_node(folder: Path) -> None:
    """Remove the node in `folder`, complete or not."""
    if (pid := _running(folder)) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    # The kernel ends all other processes of the namespace first.
    while _running(folder) is not None:
        time.sleep(0.02)
    _clean(folder)


def _running(folder: Path) -> int | None:
    """Return the PID of the first process of the node, None if it has ended."""
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
    with (layout.folder / "init.log").open("ab") as log:
        return spawn(
            command,
            environment={"PATH": layout.path},
            output=log,
            descriptors=layout.listeners,
            detached=layout.detached,
        )


def _only_child(starter: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{starter.pid}/task/{starter.pid}/children")
    while starter.poll() is None:
        if pids := children.read_text().split():
            return int(pids[0])
        time.sleep(0.01)
    raise CommandFailed("unshare failed: creating namespaces needs root with all capabilities.")


def _follow(starter: subprocess.Popen[bytes], layout: Layout) -> None:
    """Report the progress of the node until it is ready."""
    reported = 0
    deadline = time.monotonic() + _START_SECONDS
    while True:
        is_ready = layout.ready.exists()
        lines = layout.progress.read_text().splitlines() if layout.progress.exists() else []
        for line in lines[reported:]:
            say(line)
        reported = len(lines)
        if is_ready:
            return
        if starter.poll() is not None or time.monotonic() > deadline:
            log = (layout.folder / "init.log").read_bytes()[-_LOG_BYTES:]
            raise CommandFailed(f"The node did not start:\n{log.decode(errors='replace')}")
        time.sleep(0.05)


def _clean(folder: Path) -> None:
    remove_cgroups(cgroup(folder))
    if folder.exists():
        shutil.rmtree(folder)
