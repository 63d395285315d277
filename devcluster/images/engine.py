"""The port of an image builder."""

import os
import shutil
from collections.abc import Callable
from typing import Protocol

from devcluster.command import CommandFailed
from devcluster.images.recipe import Recipe

Say = Callable[[str], None]


class NoEngine(Exception):
    """Raised where images cannot be built; the text says what to do."""


class BuildFailed(CommandFailed):
    """Raised when an engine ends with an error; shows its last output."""


class Engine(Protocol):
    """Builds, names and pushes images. Methods raise `BuildFailed`."""

    name: str

    def base(self) -> str:
        """Return the name of a base image: Debian 13 with Python 3.13."""
        ...

    def build(self, recipe: Recipe, tag: str) -> None:
        """Build an image; unchanged layers come from the cache."""
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


def is_root_on_debian() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None
