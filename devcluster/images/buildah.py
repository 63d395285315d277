"""Builds images with buildah: root and Debian's packages suffice, no daemon is needed.

The isolation `chroot` also works in a container that may not create containers.
"""

import json
from pathlib import Path

from devcluster.debootstrap import SUITE, cached_root
from devcluster.images.engine import BuildFailed, Engine, Say

_BASE_PACKAGES = ["ca-certificates", "python3", "python3-venv"]
_BASE = f"localhost/mare/base:{SUITE}"

# A build downloads packages: it needs the certificates and name servers of the machine.
_MOUNTS = ("/etc/ssl", "/etc/resolv.conf")


class Buildah(Engine):
    """Keeps images in the storage that root's buildah and podman share."""

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
        self._say(f"Importing {root} as {tag}")
        container = self.run("from", "scratch").strip()
        try:
            self.run("copy", "--quiet", container, str(root), "/")
            self.run("commit", "--quiet", container, tag)
        finally:
            self.run("rm", container)

    def options(self, timestamp: int | None) -> tuple[str, ...]:
        fixed = () if timestamp is None else ("--no-cache", "--timestamp", str(timestamp))
        mounts = (word for path in _MOUNTS for word in ("--volume", f"{path}:{path}:ro"))
        return ("--network", "host", *(fixed or ("--layers",)), *mounts)

    def size(self, tag: str) -> int:
        manifest = self.run("inspect", "--type", "image", "--format", "{{.Manifest}}", tag)
        return sum(layer["size"] for layer in json.loads(manifest)["layers"])

    def identity(self, tag: str) -> str:
        return self.run("images", "--quiet", "--no-trunc", tag).strip().removeprefix("sha256:")

    def push(self, tag: str, *, insecure: bool) -> None:
        self.run("push", "--quiet", f"--tls-verify={not insecure}".lower(), tag, f"docker://{tag}")

    def _has(self, tag: str) -> bool:
        try:
            return bool(self.run("images", "--quiet", tag))
        except BuildFailed:
            return False
