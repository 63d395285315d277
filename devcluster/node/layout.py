"""Files and ports of a native node."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

REGISTRY_PORT = 5001
"""Fixed: it is part of the names of images."""

PRIVATE = ("/var/lib", "/var/log", "/run")
"""Folders of the machine that the node covers with bind mounts of its own."""

SANDBOX_IMAGE = "localhost/busybox:built"


def cgroup(folder: Path) -> str:
    """Return the cgroup name of the node in `folder`; it is unique to that folder."""
    return f"mare-cluster-{hashlib.sha256(bytes(folder)).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the starter and the node's first process share; ports are equal inside and outside."""

    folder: Path
    """State, logs and credentials; empty before the start."""
    programs: Path
    """Folder with a link to each program."""
    archives: tuple[Path, ...]
    """Images to import, ``docker-archive``."""
    api_port: int
    ingress_port: int
    registry_port: int
    detached: bool
    """Whether the node outlives the process that started it."""
    listeners: tuple[int, ...]
    """File descriptors of the listening sockets outside, in the order of `ports`."""

    @property
    def ports(self) -> tuple[int, int, int]:
        return self.api_port, self.ingress_port, self.registry_port

    @property
    def uri(self) -> str:
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "super-admin.conf"

    @property
    def cgroup(self) -> str:
        return cgroup(self.folder)

    @property
    def progress(self) -> Path:
        return self.folder / "progress"

    @property
    def ready(self) -> Path:
        return self.folder / "ready"

    @property
    def path(self) -> str:
        return f"{self.programs}:/usr/sbin:/usr/bin:/sbin:/bin"

    def write(self) -> Path:
        file = self.folder / "layout.json"
        file.write_bytes(TypeAdapter(Layout).dump_json(self))
        return file

    @staticmethod
    def read(file: Path) -> "Layout":
        return TypeAdapter(Layout).validate_json(file.read_bytes())
