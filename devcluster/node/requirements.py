"""Checks and installs the Debian packages that a native node needs."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from devcluster import CannotRun, say
from devcluster.node.layout import PRIVATE
from local.packages import apt_install

_PACKAGES = {
    "buildah": "buildah",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "iptables": "iptables",
    "runc": "runc",
}
"""The Debian package of each program."""
_NETWORK_PLUGINS = Path("/usr/lib/cni/bridge")


def require(read_inside: Iterable[Path], *, is_root: bool | None = None) -> None:
    """Install missing packages, or raise CannotRun; the node reads the paths `read_inside`."""
    if is_root is None:
        is_root = os.geteuid() == 0
    if sys.platform != "linux" or not is_root:
        raise CannotRun(
            "A cluster needs a Docker engine (for kind), or root on Linux, "
            "or MARE_KUBECONTEXT with the name of a context of your kubeconfig."
        )
    for path in read_inside:
        if any(path.is_relative_to(folder) for folder in PRIVATE):
            raise CannotRun(f"A node cannot read {path}: move it outside of {', '.join(PRIVATE)}.")
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    if not _NETWORK_PLUGINS.exists():
        missing.append("containernetworking-plugins")
    if missing and not shutil.which("apt-get"):
        raise CannotRun(f"A cluster without Docker needs {', '.join(missing)}: install them.")
    if missing:
        apt_install(missing, say)
