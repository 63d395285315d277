"""What builds images on this machine."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from devcluster.images.recipe import Recipe

Say = Callable[[str], None]


class NoEngine(Exception):
    """Images cannot be built here; the message says what to do."""


class BuildFailed(Exception):
    """An engine ended with an error; shows the end of what it said."""


class Engine(Protocol):
    """Builds images and hands them over. Methods raise :class:`BuildFailed`."""

    name: str

    def base(self) -> str:
        """Return a Debian 13 with Python 3.13, there to build upon."""
        ...

    def build(self, recipe: Recipe, tag: str) -> None:
        """Build an image; what has not changed since the last time is taken from there."""
        ...

    def size(self, tag: str) -> int:
        """Return the bytes of an image's layers, its base included."""
        ...

    def identity(self, tag: str) -> str:
        """Return the digest of an image's content, in hexadecimal."""
        ...

    def name_also(self, tag: str, other: str) -> None:
        """Give an image another name."""
        ...

    def push(self, tag: str, *, insecure: bool) -> None:
        """Push an image to the registry in its name, by plain HTTP if ``insecure``."""
        ...


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Return what ``command`` prints; raise :class:`BuildFailed`."""
    answer = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        said = f"{answer.stdout}{answer.stderr}"[-3000:]
        raise BuildFailed(f"{' '.join(command[:2])} failed:\n{said}")
    return answer.stdout


def is_root_on_debian() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None
