"""A fault that hits no process raises, and so does one that fails at a process that runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest

from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.load.chaos.network import Link, started
from tests.load.chaos.processes import hit, send


class NoPods:
    def read(self, _version: str, _path: str) -> dict[str, Any]:
        return {"items": []}


NO_PODS = cast("Application", NoPods())


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def test_a_signal_to_no_process_raises():
    with pytest.raises(LookupError):
        send(NO_PODS, "mare-jobs-", signal.SIGKILL, seconds=0)


@pytest.mark.parametrize("cause", [Link.cut, Link.lose, Link.delay])
def test_a_link_of_no_pod_raises(cause: Any):
    with pytest.raises(LookupError, match="no process"):
        cause(Link(NO_PODS, "celery-worker-", ["192.0.2.1"], seconds=0))


def test_a_link_to_no_address_raises():
    with pytest.raises(LookupError, match="mare-valkey-0 has no address"):
        Link(NO_PODS, "mare-gateway-", ["mare-valkey-0"], seconds=0).cut()


def test_a_fault_waits_for_a_process(child: subprocess.Popen[bytes]):
    found = iter([[], [child.pid]])

    assert hit(lambda: next(found), lambda pid: os.kill(pid, signal.SIGKILL)) == [child.pid]
    assert child.wait() == -signal.SIGKILL


def test_a_process_that_ends_meanwhile_is_not_hit(child: subprocess.Popen[bytes]):
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie

    def fails(_: int) -> None:
        raise CommandFailed("nsenter")

    with pytest.raises(LookupError):
        hit(lambda: [child.pid], fails, seconds=0)


def test_a_failure_at_a_process_that_runs_raises(child: subprocess.Popen[bytes]):
    def fails(_: int) -> None:
        raise CommandFailed("iptables")

    with pytest.raises(CommandFailed):
        hit(lambda: [child.pid], fails, seconds=0)


def test_a_program_that_ends_before_it_delays_raises():
    with pytest.raises(OSError, match="ended with 3"):
        started([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_program_that_delays_is_left_running():
    process = started([sys.executable, "-uc", "print('delays'); import time; time.sleep(60)"])

    assert process.poll() is None
    process.kill()
    process.communicate()
