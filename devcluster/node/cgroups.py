"""Creates and removes the cgroup that is the parent of all Pods."""

import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_SECONDS = 60.0
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
    deadline = time.monotonic() + _SECONDS
    while left := [path for hierarchy in _hierarchies() for path in _tree(hierarchy / name)]:
        for path in left:
            try:
                path.rmdir()
            except OSError:  # EBUSY until the last process is reaped
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.02)


def _hierarchies() -> list[Path]:
    if (_ROOT / "cgroup.procs").exists():
        return [_ROOT]
    found = [path for path in _ROOT.iterdir() if (path / "cgroup.procs").exists()]
    return [path for path in found if not path.is_symlink()]


def _tree(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    below = [path for path in folder.rglob("*") if path.is_dir()]
    return [*sorted(below, key=lambda path: len(path.parts), reverse=True), folder]
