"""A small Debian 13 in a folder, created once by debootstrap in the user's cache (root only).

This takes about a minute. The folder is created under another name and renamed, under a lock, so
that an incomplete folder is never used.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from local.rabbitmq.packages import apt_install, run_installer

SUITE = "trixie"
_PACKAGES = ["debootstrap", "debian-archive-keyring"]
_DISPENSABLE = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/locale", "usr/share/man")


def cached_root(
    recipe: str, packages: Sequence[str], cache: Path, say: Callable[[str], None]
) -> Path:
    """Return the folder `recipe` below `cache` with `packages` and their dependencies."""
    root = cache / recipe
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{recipe}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _build(root, packages, say)
    return root


def _build(root: Path, packages: Sequence[str], say: Callable[[str], None]) -> None:
    if not shutil.which("debootstrap"):
        apt_install(_PACKAGES, say)
    say(f"Building a Debian {SUITE} with {' '.join(packages)} in {root} (once, about a minute)")
    unfinished = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        _debootstrap(packages, unfinished)
        for folder in _DISPENSABLE:
            shutil.rmtree(unfinished / folder)
        unfinished.chmod(0o755)
        unfinished.rename(root)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _debootstrap(packages: Sequence[str], folder: Path) -> None:
    included = f"--include={','.join(packages)}"
    run_installer("debootstrap", ["debootstrap", "--variant=minbase", included, SUITE, str(folder)])
