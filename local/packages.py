"""Installs Debian packages without starting their services (root only)."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from local.cache import locked
from mare.processes.command import CommandFailed, run

INSTALL_SECONDS = 1_800.0

_POLICY = Path("/usr/sbin/policy-rc.d")
_LOCK = Path("/run/mare-apt.lock")
"""In a folder that only root can write: other users could replace it by a link."""
_MARK = "# Written by Mare for the time of one apt-get install."
_NOTHING_STARTS = f"#!/bin/sh\n{_MARK}\nexit 101\n"


def may_install() -> bool:
    """Whether packages can be installed: root on Debian or Ubuntu."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: Sequence[str], say: Callable[[str], None]) -> None:
    say(f"Installing {' '.join(packages)} with apt-get")
    with locked(_LOCK), services_do_not_start():  # apt-get fails while another one runs
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *packages)


def unpack(package: str, folder: Path) -> None:
    """Unpack a Debian package into `folder`, without its dependencies; install nothing."""
    with locked(_LOCK):
        _apt("update")
    run(["apt-get", "--quiet", "download", package], cwd=folder, seconds=INSTALL_SECONDS)
    (archive,) = folder.glob(f"{package}_*.deb")
    run(["dpkg-deb", "--extract", archive, folder], seconds=60)
    archive.unlink()


def _apt(action: str, *arguments: str) -> None:
    command = ["apt-get", "--quiet", action, *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(command, seconds=INSTALL_SECONDS, environment=environment)


@contextmanager
def services_do_not_start(policy: Path = _POLICY) -> Iterator[None]:
    """Prevent packages from starting services; restore the machine's policy at the end."""
    own = policy.with_name("policy-rc.d.own")
    if policy.exists() and _MARK not in policy.read_text():
        policy.rename(own)
    policy.write_text(_NOTHING_STARTS)
    policy.chmod(0o755)
    try:
        yield
    finally:
        if own.exists():
            own.rename(policy)
        else:
            policy.unlink()


def disable_at_boot(service: str) -> None:
    with suppress(CommandFailed):
        run(["update-rc.d", service, "disable"], seconds=60)
