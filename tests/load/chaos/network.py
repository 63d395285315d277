"""Delay, loss and partition between Pods, made in the network namespaces of one side.

All rules are in the Pod's own namespace, so that nothing else on the machine is touched. Where the
kernel lacks netem, as here, `delay_link.py` delays packets through a TUN device.
"""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from mare.processes.command import CommandFailed, run
from tests.e2e.application import Application
from tests.load.chaos.processes import HIT_SECONDS, first_processes, hit, is_running, pods_of

_CHAIN = "MARE-CHAOS"
_DELAY_LINK = Path(__file__).with_name("delay_link.py")
API_SERVER = ("192.0.2.10", "10.96.0.1")
DELAY_SECONDS = 0.1
LOSS = 0.2


def addresses(application: Application, prefix: str) -> list[str]:
    """Return the addresses of Pods, and of the Services that select them."""
    pods = pods_of(application, prefix)
    found = {pod["status"]["podIP"] for pod in pods if pod["status"].get("podIP")}
    labels = [pod["metadata"]["labels"].items() for pod in pods]
    for service in application.read("api/v1", "services")["items"]:
        selector = (service["spec"].get("selector") or {}).items()
        if selector and any(selector <= each for each in labels):
            found |= {each for each in service["spec"]["clusterIPs"] if each != "None"}
    return sorted(found)


class Link:
    """The network between the Pods of a part and the addresses of another.

    A fault waits `seconds` for a Pod, and raises LookupError if it hit none.
    """

    def __init__(
        self,
        application: Application,
        prefix: str,
        others: Sequence[str],
        seconds: float = HIT_SECONDS,
    ) -> None:
        self._application, self._prefix, self._others = application, prefix, others
        self._seconds = seconds
        self._pids: list[int] = []
        self._delays: dict[int, subprocess.Popen[bytes]] = {}

    def cut(self) -> None:
        self._drop(())

    def lose(self) -> None:
        self._drop(("-m", "statistic", "--mode", "random", "--probability", str(LOSS)))

    def delay(self) -> None:
        """Delay packets to the others: each round trip takes so much longer."""
        targets = self._targets()

        def delay_of(pid: int) -> None:
            command = [*_enter(pid), sys.executable, str(_DELAY_LINK), str(DELAY_SECONDS)]
            self._delays[pid] = started([*command, *targets])

        hit(self._first_processes, delay_of, self._seconds)

    def heal(self) -> None:
        """Take all back; raise LookupError if a delay had ended before, and its Pod had not."""
        ended = [p for p, each in self._delays.items() if each.poll() is not None and is_running(p)]
        for process in self._delays.values():
            process.kill()
            process.communicate()
        undone = (("-D", "INPUT", "-j", _CHAIN), ("-D", "OUTPUT", "-j", _CHAIN))
        for pid in self._pids:
            for command in (*undone, ("-F", _CHAIN), ("-X", _CHAIN)):
                with suppress(CommandFailed):  # the Pod may have ended, and its namespace with it
                    _iptables(pid, *command)
        self._pids, self._delays = [], {}
        if ended:
            raise LookupError(f"the delay ended too early in the network of processes {ended}")

    def _targets(self) -> list[str]:
        found = [
            address
            for other in self._others
            for address in ([other] if other[0].isdigit() else addresses(self._application, other))
        ]
        if not found:
            raise LookupError(f"{', '.join(self._others)} has no address")
        return found

    def _drop(self, condition: Iterable[str]) -> None:
        targets = self._targets()
        own = set(addresses(self._application, self._prefix))
        others = sorted(set(targets) - own)  # not the Service of its own Pods

        def drop_of(pid: int) -> None:
            self._pids.append(pid)
            _iptables(pid, "-N", _CHAIN)
            for address in others:
                for side in ("-s", "-d"):
                    _iptables(pid, "-A", _CHAIN, side, address, *condition, "-j", "DROP")
            for chain in ("INPUT", "OUTPUT"):
                _iptables(pid, "-I", chain, "-j", _CHAIN)

        hit(self._first_processes, drop_of, self._seconds)

    def _first_processes(self) -> list[int]:
        return first_processes(self._application, self._prefix)


def started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a program and return it once it has printed a line; raise OSError if it ends first."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    if not process.stdout.readline():
        process.communicate()
        raise OSError(f"{' '.join(command)} ended with {process.returncode}")
    return process


def _enter(pid: int) -> tuple[str, ...]:
    return ("nsenter", f"--target={pid}", "--net", "--")


def _iptables(pid: int, *arguments: str) -> None:
    run([*_enter(pid), "iptables", "--wait", *arguments], seconds=30)
