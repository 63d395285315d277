"""The programs of the throw-away cluster: built from Go modules once, kept in the user's cache."""

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from devcluster.toolchain import go
from devcluster.toolset import Toolset
from local.settings import cache_folder
from mare.processes.spawn import DIES_WITH_US

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kubeadm", "kubectl")
"""What a Kubernetes without nodes needs of the toolset ``kubernetes``."""

FAST_TESTS = {"kubernetes": CONTROL_PLANE, "helm": ("helm3", "helm4")}
"""The programs, by toolset, without which the tests that need no node would wait."""


NODE = {
    "kubernetes": (*CONTROL_PLANE, "kube-scheduler", "kube-proxy", "kubelet"),
    "node": ("containerd", "containerd-shim-runc-v2", "ctr", "registry"),
}
"""What a node runs itself."""

CONTAINERS = {
    "node": ("coredns", "local-path-provisioner"),
    "kube-network-policies": ("kube-network-policies",),
    "traefik": ("traefik",),
}
"""What runs in containers of a node from the start."""

TOOLS = {"skaffold": ("skaffold",), "kube-score": ("kube-score",)}
"""What tests run against a cluster, or on what would go there."""


class BuildFailed(Exception):
    """The Go compiler or linker ended with an error; shows its last lines."""


def programs(toolset: str, names: Iterable[str], say: Callable[[str], None]) -> Path:
    """Return a folder that has the programs ``names``, after building those that it lacks."""
    tools = Toolset.read(toolset)
    kept = cache()
    folder = kept / tools.key / "bin"
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with (kept / f"{tools.key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits and then finds them built
            for name in missing:
                if not (folder / name).exists():
                    _build(tools, name, folder, say)
    return folder


def cache() -> Path:
    """Return the folder of all that the cluster keeps from one start to the next."""
    return cache_folder() / "cluster"


def _build(tools: Toolset, name: str, folder: Path, say: Callable[[str], None]) -> None:
    compiler = go(tools.go_version, cache(), say)
    say(f"Building {name}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as unfinished:
        built = Path(unfinished, name)
        # The lowest priority: tests that run meanwhile keep their timing.
        command = [*DIES_WITH_US, "nice", "-n", "19", compiler, "build", "-o", str(built)]
        answer = subprocess.run(
            [*command, *tools.flags, tools.packages[name]],
            cwd=tools.folder,
            env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise BuildFailed(f"{name} could not be built:\n{answer.stdout[-2000:]}")
        built.rename(folder / name)
    say(f"Built {name} in {time.monotonic() - start:.0f} s")
