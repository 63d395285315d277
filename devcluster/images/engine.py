"""What builds images: Docker or buildah, whose command lines are nearly the same."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from devcluster.command import CommandFailed, run
from devcluster.images.recipe import Recipe

Say = Callable[[str], None]
_SECONDS = 1_800.0
_ENVIRONMENT = {"DOCKER_BUILDKIT": "1", "BUILDAH_ISOLATION": "chroot"}


class NoEngine(Exception):
    """Raised where images cannot be built; the text says what to do."""


class BuildFailed(CommandFailed):
    """Raised when an engine ends with an error; shows its last output."""


class Engine(ABC):
    """Builds, names and pushes images. Methods raise `BuildFailed`."""

    name: ClassVar[str]

    @abstractmethod
    def base(self) -> str:
        """Return the name of a base image: Debian 13 with Python 3.13."""

    @abstractmethod
    def size(self, tag: str) -> int:
        """Return the bytes of an image's layers, its base included."""

    @abstractmethod
    def identity(self, tag: str) -> str:
        """Return the digest of an image's content, in hexadecimal."""

    @abstractmethod
    def push(self, tag: str, *, insecure: bool) -> None:
        """Push an image to the registry in its name, by plain HTTP if ``insecure``."""

    @abstractmethod
    def options(self, timestamp: int | None) -> tuple[str, ...]:
        """Return the engine's own options of a build; see `Recipe.timestamp`."""

    def build(self, recipe: Recipe, tag: str) -> None:
        """Build an image; unchanged layers come from the cache."""
        values = [f"{key}={value}" for key, value in recipe.arguments.items()]
        self.run(
            *("build", "--quiet", *self.options(recipe.timestamp)),
            *("--file", str(recipe.dockerfile), "--tag", tag),
            *(("--target", recipe.target) if recipe.target else ()),
            *(word for value in values for word in ("--build-arg", value)),
            str(recipe.context),
        )

    def name_also(self, tag: str, other: str) -> None:
        self.run("tag", tag, other)

    def run(self, *arguments: str) -> str:
        command = [self.name, *arguments]
        environment = {**os.environ, **_ENVIRONMENT}
        return run(command, seconds=_SECONDS, environment=environment, failure=BuildFailed)
