"""Images by a Docker engine."""

import shutil
import subprocess

from devcluster.images.engine import run
from devcluster.images.recipe import STOCK_BASE, Recipe


class Docker:
    """The engine that this machine runs."""

    name = "Docker"

    @staticmethod
    def answers() -> bool:
        """Say whether there is an engine, not just its client."""
        if not shutil.which("docker"):
            return False
        try:
            asked = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20)
        except subprocess.TimeoutExpired:
            return False
        return asked.returncode == 0

    def base(self) -> str:
        run(["docker", "pull", "--quiet", STOCK_BASE])
        return STOCK_BASE

    def build(self, recipe: Recipe, tag: str) -> None:
        values = [f"{key}={value}" for key, value in recipe.arguments.items()]
        run(
            [
                *("docker", "build", "--quiet"),
                *("--file", str(recipe.dockerfile), "--tag", tag),
                *(("--target", recipe.target) if recipe.target else ()),
                *(word for value in values for word in ("--build-arg", value)),
                str(recipe.context),
            ],
            {"DOCKER_BUILDKIT": "1"},
        )

    def size(self, tag: str) -> int:
        return int(run(["docker", "image", "inspect", "--format", "{{.Size}}", tag]))

    def identity(self, tag: str) -> str:
        asked = run(["docker", "image", "inspect", "--format", "{{.Id}}", tag])
        return asked.strip().removeprefix("sha256:")

    def name_also(self, tag: str, other: str) -> None:
        run(["docker", "tag", tag, other])

    def push(self, tag: str, *, insecure: bool) -> None:  # noqa: ARG002 - the daemon's own setting
        run(["docker", "push", "--quiet", tag])
