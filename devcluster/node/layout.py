"""Where a node has its files and on which ports it listens."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

REGISTRY_PORT = 5001
"""Fixed, because it is part of the images' names."""

PRIVATE = ("/var/lib", "/var/log", "/run")
"""Folders of the machine in whose places the node has its own."""

SANDBOX_IMAGE = "localhost/busybox:built"


def cgroup(folder: Path) -> str:
    """Return the name that belongs to a node in ``folder``, and to no other."""
    return f"mare-cluster-{hashlib.sha256(bytes(folder)).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the two sides of the wall agree on: the starter outside and the first process inside.

    Each port is the same on both sides, so that an address is good on both.
    """

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
    """Whether it outlives the process that started it."""
    listeners: tuple[int, ...]
    """Descriptors of the sockets that listen on the machine's side, in the order of the ports."""

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
        """Name of the parent of all Pods' cgroups."""
        return cgroup(self.folder)

    @property
    def progress(self) -> Path:
        """Grows by a line for each step that is done."""
        return self.folder / "progress"

    @property
    def ready(self) -> Path:
        """Exists when all steps are done."""
        return self.folder / "ready"

    @property
    def path(self) -> str:
        """Where the node's processes look for programs."""
        return f"{self.programs}:/usr/sbin:/usr/bin:/sbin:/bin"

    def write(self) -> Path:
        file = self.folder / "layout.json"
        file.write_text(json.dumps(asdict(self), default=str))
        return file

    @classmethod
    def read(cls, file: Path) -> Self:
        fields = json.loads(file.read_text())
        return cls(
            **{
                **fields,
                "folder": Path(fields["folder"]),
                "programs": Path(fields["programs"]),
                "archives": tuple(map(Path, fields["archives"])),
                "listeners": tuple(fields["listeners"]),
            }
        )
