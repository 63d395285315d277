"""A small Debian 13 in a folder, created once by debootstrap in the user's cache (root only).

This takes about a minute. The folder is created under another name and renamed, under a lock, so
that an incomplete folder is never used.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from devcluster import say
from local.cache import cache_folder, locked
from local.packages import INSTALL_SECONDS, apt_install
from mare.processes.command import run

SUITE = "trixie"
_PACKAGES = ["debootstrap", "debian-archive-keyring"]
_DISPENSABLE = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/locale", "usr/share/man")


def cached_root(recipe: str, packages: Sequence[str]) -> Path:
    """Return the folder `recipe` of the cache with `packages` and their dependencies."""
    root = cache_folder() / recipe
    with locked(root.with_name(f"{recipe}.lock")):
        if not root.exists():
            _build(root, packages)
    return root


def _build(root: Path, packages: Sequence[str]) -> None:
    if not shutil.which("debootstrap"):
        apt_install(_PACKAGES, say)
    say(f"Building a Debian {SUITE} with {' '.join(packages)} in {root} (once, about a minute)")
    unfinished = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        included = f"--include={','.join(packages)}"
        command = ["debootstrap", "--variant=minbase", included, SUITE, str(unfinished)]
        run(command, seconds=INSTALL_SECONDS)
        for folder in _DISPENSABLE:
            shutil.rmtree(unfinished / folder)
        unfinished.chmod(0o755)
        unfinished.rename(root)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
