"""Builds images with buildah: root and Debian's packages suffice, no daemon is needed.

The isolation `chroot` also works in a container that may not create containers.
"""

import json
import os
from pathlib import Path

from devcluster.command import run
from devcluster.debootstrap import SUITE, cached_root
from devcluster.images.engine import BuildFailed, Say
from devcluster.images.recipe import Recipe

_SECONDS = 1_800.0
_BASE_PACKAGES = ["ca-certificates", "python3", "python3-venv"]
_BASE = f"localhost/mare/base:{SUITE}"

# A build downloads packages: it needs the certificates and name servers of the machine.
_MOUNTS = ("/etc/ssl", "/etc/resolv.conf")


class Buildah:
    """Implements `Engine`; images are in the storage that root's buildah and podman share."""

    name = "buildah"

    def __init__(self, cache: Path, say: Say) -> None:
        self._cache = cache
        self._say = say

    def base(self) -> str:
        if not self._has(_BASE):
            root = cached_root(f"python-{SUITE}-1", _BASE_PACKAGES, self._cache, self._say)
            self.import_root(root, _BASE)
        return _BASE

    def import_root(self, root: Path, tag: str) -> None:
        """Create an image of one layer from a folder."""
        self._say(f"Importing {root} as {tag}")
        container = self._run("from", "scratch").strip()
        try:
            self._run("copy", "--quiet", container, str(root), "/")
            self._run("commit", "--quiet", container, tag)
        finally:
            self._run("rm", container)

    def build(self, recipe: Recipe, tag: str) -> None:
        fixed = recipe.timestamp
        values = [f"{key}={value}" for key, value in recipe.arguments.items()]
        self._run(
            *("build", "--quiet", "--network", "host"),
            *(("--layers",) if fixed is None else ("--no-cache", "--timestamp", str(fixed))),
            *(word for path in _MOUNTS for word in ("--volume", f"{path}:{path}:ro")),
            *("--file", str(recipe.dockerfile), "--tag", tag),
            *(("--target", recipe.target) if recipe.target else ()),
            *(word for value in values for word in ("--build-arg", value)),
            str(recipe.context),
        )

    def size(self, tag: str) -> int:
        manifest = self._run("inspect", "--type", "image", "--format", "{{.Manifest}}", tag)
        return sum(layer["size"] for layer in json.loads(manifest)["layers"])

    def identity(self, tag: str) -> str:
        return self._run("images", "--quiet", "--no-trunc", tag).strip().removeprefix("sha256:")

    def name_also(self, tag: str, other: str) -> None:
        self._run("tag", tag, other)

    def push(self, tag: str, *, insecure: bool) -> None:
        self._run("push", "--quiet", f"--tls-verify={not insecure}".lower(), tag, f"docker://{tag}")

    def _has(self, tag: str) -> bool:
        try:
            return bool(self._run("images", "--quiet", tag))
        except BuildFailed:
            return False

    def _run(self, *arguments: str) -> str:
        environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
        return run(
            ["buildah", *arguments], seconds=_SECONDS, environment=environment, failure=BuildFailed
        )
