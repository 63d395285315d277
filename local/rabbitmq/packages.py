"""Installs Debian packages without starting their services (root only)."""

import fcntl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_POLICY = Path("/usr/sbin/policy-rc.d")
_LOCK = Path("/run/mare-apt.lock")
"""In a folder that only root can write: other users could replace it by a link."""
_MARK = "# Written by Mare for the time of one apt-get install."
_NOTHING_STARTS = f"#!/bin/sh\n{_MARK}\nexit 101\n"


class InstallFailed(Exception):
    """Raised when apt-get fails; the text contains its last lines."""


def apt_install(packages: Sequence[str], say: Callable[[str], None]) -> None:
    say(f"Installing {' '.join(packages)} with apt-get")
    with _alone(), services_do_not_start():
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *packages)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for other runs: apt-get fails while another apt-get runs."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _apt(action: str, *arguments: str) -> None:
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", action, *arguments]
    run_installer(f"apt-get {action}", command)


def run_installer(name: str, command: Sequence[str]) -> None:
    answer = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise InstallFailed(f"{name} failed:\n{answer.stdout[-2000:]}")


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
    subprocess.run(["update-rc.d", service, "disable"], check=False, capture_output=True)
