"""Builds images with a Docker engine."""

import os
import shutil
import subprocess

from devcluster.command import run
from devcluster.images.engine import BuildFailed
from devcluster.images.recipe import STOCK_BASE, Recipe

_SECONDS = 1_800.0


class Docker:
    """Implements `Engine`."""

    name = "Docker"

    @staticmethod
    def answers() -> bool:
        """Return whether a Docker engine answers: the client alone does not suffice."""
        if not shutil.which("docker"):
            return False
        try:
            asked = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20)
        except subprocess.TimeoutExpired:
            return False
        return asked.returncode == 0

    def base(self) -> str:
        _docker("pull", "--quiet", STOCK_BASE)
        return STOCK_BASE

    def build(self, recipe: Recipe, tag: str) -> None:
        fixed = recipe.timestamp
        values = [f"{key}={value}" for key, value in recipe.arguments.items()]
        _docker(
            *("build", "--quiet"),
            *(() if fixed is None else ("--no-cache", "--build-arg", f"SOURCE_DATE_EPOCH={fixed}")),
            *(() if fixed is None else ("--output", "type=docker,rewrite-timestamp=true")),
            *("--file", str(recipe.dockerfile), "--tag", tag),
            *(("--target", recipe.target) if recipe.target else ()),
            *(word for value in values for word in ("--build-arg", value)),
            str(recipe.context),
        )

    def size(self, tag: str) -> int:
        return int(_docker("image", "inspect", "--format", "{{.Size}}", tag))

    def identity(self, tag: str) -> str:
        asked = _docker("image", "inspect", "--format", "{{.Id}}", tag)
        return asked.strip().removeprefix("sha256:")

    def name_also(self, tag: str, other: str) -> None:
        _docker("tag", tag, other)

    def push(self, tag: str, *, insecure: bool) -> None:  # noqa: ARG002 - the daemon's own setting
        _docker("push", "--quiet", tag)


def _docker(*arguments: str) -> str:
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    return run(
        ["docker", *arguments], seconds=_SECONDS, environment=environment, failure=BuildFailed
    )
