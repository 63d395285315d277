"""The parent of all Pods' control groups: made for a node, and removed with what is left in it."""

import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_SECONDS = 60.0
_SHARES = {"cpu.shares": "8192", "cpu.weight": "800"}
"""All Pods together weigh as much as eight other processes, in version 1 and in version 2."""


def make_cgroups(name: str) -> None:
    """Make ``name`` in each hierarchy that the kernel has, of version 1 or 2."""
    for hierarchy in _hierarchies():
        folder = hierarchy / name
        folder.mkdir(exist_ok=True)
        for file, share in _SHARES.items():
            if (folder / file).exists():
                (folder / file).write_text(share)


def remove_cgroups(name: str) -> None:
    """Remove ``name`` with all below it, from which the processes have just been killed."""
    deadline = time.monotonic() + _SECONDS
    while left := [path for hierarchy in _hierarchies() for path in _tree(hierarchy / name)]:
        for path in left:
            try:
                path.rmdir()
            except OSError:  # its last process is still being taken away
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.02)


def _hierarchies() -> list[Path]:
    if (_ROOT / "cgroup.procs").exists():
        return [_ROOT]
    found = [path for path in _ROOT.iterdir() if (path / "cgroup.procs").exists()]
    return [path for path in found if not path.is_symlink()]


def _tree(folder: Path) -> list[Path]:
    """Return ``folder`` and all folders below it, the deepest first."""
    if not folder.exists():
        return []
    below = [path for path in folder.rglob("*") if path.is_dir()]
    return [*sorted(below, key=lambda path: len(path.parts), reverse=True), folder]
