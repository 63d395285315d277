"""Builds images with Docker or, where no engine runs, with buildah."""

import json
import os
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from devcluster import CannotRun, say
from devcluster.debootstrap import SUITE, cached_root
from devcluster.images.recipe import STOCK_BASE, Recipe
from local.cache import cache_folder, locked
from local.packages import apt_install, may_install
from mare.processes.command import CommandFailed, run

_SECONDS = 1_800.0
_ENVIRONMENT = {"DOCKER_BUILDKIT": "1", "BUILDAH_ISOLATION": "chroot"}


def engine() -> "Engine":
    """Return Docker if its engine answers, else buildah; root on Debian installs it."""
    return Docker() if Docker.answers() else buildah()


def buildah() -> "Buildah":
    """Return buildah, installed if necessary; raise `CannotRun`."""
    if not may_install():
        raise CannotRun(
            "Images are built by Docker, or by buildah as root on Debian or Ubuntu: "
            "start Docker or become root."
        )
    if not shutil.which("buildah"):
        apt_install(["buildah"], say)
    return Buildah()


class Engine(ABC):
    """Builds, names and pushes images. The command lines of both are nearly the same."""

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
        environment = {**os.environ, **_ENVIRONMENT}
        return run([self.name, *arguments], seconds=_SECONDS, environment=environment)


class Docker(Engine):
    name = "docker"

    @staticmethod
    def answers() -> bool:
        """Return whether a Docker engine answers: the client alone does not suffice."""
        try:
            run(["docker", "info"], seconds=20)
        except (FileNotFoundError, CommandFailed):
            return False
        return True

    def base(self) -> str:
        self.run("pull", "--quiet", STOCK_BASE)
        return STOCK_BASE

    def options(self, timestamp: int | None) -> tuple[str, ...]:
        if timestamp is None:
            return ()
        fixed = ("--no-cache", "--build-arg", f"SOURCE_DATE_EPOCH={timestamp}")
        return (*fixed, "--output", "type=docker,rewrite-timestamp=true")

    def size(self, tag: str) -> int:
        return int(self.run("image", "inspect", "--format", "{{.Size}}", tag))

    def identity(self, tag: str) -> str:
        asked = self.run("image", "inspect", "--format", "{{.Id}}", tag)
        return asked.strip().removeprefix("sha256:")

    def push(self, tag: str, *, insecure: bool) -> None:  # noqa: ARG002 - the daemon's own setting
        self.run("push", "--quiet", tag)


class Buildah(Engine):
    """Keeps images in the storage that root's buildah and podman share; needs no daemon.

    The isolation `chroot` also works in a container that may not create containers.
    """

    name = "buildah"
    _BASE = f"localhost/mare/base:{SUITE}"
    _BASE_PACKAGES = ("ca-certificates", "python3", "python3-venv")

    def base(self) -> str:
        with locked(cache_folder() / "base.lock"):
            if not self.run("images", "--quiet", "--filter", f"reference={self._BASE}"):
                self.import_root(cached_root(f"python-{SUITE}-1", self._BASE_PACKAGES), self._BASE)
        return self._BASE

    def import_root(self, root: Path, tag: str) -> None:
        say(f"Importing {root} as {tag}")
        container = self.run("from", "scratch").strip()
        try:
            self.run("copy", "--quiet", container, str(root), "/")
            self.run("commit", "--quiet", container, tag)
        finally:
            self.run("rm", container)

    def options(self, timestamp: int | None) -> tuple[str, ...]:
        fixed = () if timestamp is None else ("--no-cache", "--timestamp", str(timestamp))
        # A build downloads packages: it needs the certificates and name servers of the machine.
        volumes = ("--volume=/etc/ssl:/etc/ssl:ro", "--volume=/etc/resolv.conf:/etc/resolv.conf:ro")
        return ("--network", "host", *(fixed or ("--layers",)), *volumes)

    def size(self, tag: str) -> int:
        manifest = self.run("inspect", "--type", "image", "--format", "{{.Manifest}}", tag)
        return sum(layer["size"] for layer in json.loads(manifest)["layers"])

    def identity(self, tag: str) -> str:
        return self.run("images", "--quiet", "--no-trunc", tag).strip().removeprefix("sha256:")

    def push(self, tag: str, *, insecure: bool) -> None:
        self.run("push", "--quiet", f"--tls-verify={not insecure}".lower(), tag, f"docker://{tag}")
