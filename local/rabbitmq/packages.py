"""Debian packages, installed without letting them start a server (root only)."""

import fcntl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_POLICY = Path("/usr/sbin/policy-rc.d")
_LOCK = Path("/run/mare-apt.lock")
"""Not where everybody may put a link to somewhere else: root opens it to write."""
_MARK = "# Written by Mare for the time of one apt-get install."
_NOTHING_STARTS = f"#!/bin/sh\n{_MARK}\nexit 101\n"


class InstallFailed(Exception):
    """apt-get ended with an error; shows its last lines."""


def apt_install(packages: Sequence[str], say: Callable[[str], None]) -> None:
    """Install ``packages``; raise :class:`InstallFailed`."""
    say(f"Installing {' '.join(packages)} with apt-get")
    with _alone(), services_do_not_start():
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *packages)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for other processes of ours: apt-get gives up where another one runs."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _apt(action: str, *arguments: str) -> None:
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", action, *arguments]
    run_installer(f"apt-get {action}", command)


def run_installer(name: str, command: Sequence[str]) -> None:
    """Run ``command``; raise :class:`InstallFailed` with the end of what it said."""
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
    """Keep packages from starting what they install; the machine's own policy comes back after."""
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
    """Keep ``service``, just installed, from starting with the machine, whatever starts that."""
    subprocess.run(["update-rc.d", service, "disable"], check=False, capture_output=True)
