"""What the native node takes from the distribution, installed where that is possible."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from devcluster.node.layout import PRIVATE
from local.rabbitmq.packages import apt_install

_PACKAGES = {
    "buildah": "buildah",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "iptables": "iptables",
    "runc": "runc",
}
"""The Debian package of each program."""
_NETWORK_PLUGINS = Path("/usr/lib/cni/bridge")


class CannotRun(Exception):
    """Raised where no native node can run; the text says what to do."""


def require(
    say: Callable[[str], None], seen_inside: Iterable[Path], *, is_root: bool | None = None
) -> None:
    """Install what is missing; raise CannotRun where that is not possible.

    ``seen_inside``: what the node's processes read of the machine.
    """
    if is_root is None:
        is_root = os.geteuid() == 0
    if sys.platform != "linux" or not is_root:
        raise CannotRun(
            "A cluster needs a Docker engine (for kind), or root on Linux, "
            "or MARE_KUBECONTEXT with the name of a context of your kubeconfig."
        )
    for path in seen_inside:
        if any(path.is_relative_to(folder) for folder in PRIVATE):
            raise CannotRun(
                f"A node would not see {path}: keep it outside of {', '.join(PRIVATE)}."
            )
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    if not _NETWORK_PLUGINS.exists():
        missing.append("containernetworking-plugins")
    if missing and not shutil.which("apt-get"):
        raise CannotRun(f"A cluster without Docker needs {', '.join(missing)}: install them.")
    if missing:
        apt_install(missing, say)
