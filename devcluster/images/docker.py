"""Builds images with a Docker engine."""

import shutil
import subprocess

from devcluster.images.engine import Engine
from devcluster.images.recipe import STOCK_BASE


class Docker(Engine):
    name = "docker"

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
