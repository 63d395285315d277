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
from tests.load.chaos.processes import first_processes, pods_of

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
    """The network between the Pods of a part and the addresses of another."""

    def __init__(self, application: Application, prefix: str, others: Sequence[str]) -> None:
        self._application, self._prefix, self._others = application, prefix, others
        self._pids: list[int] = []
        self._delays: list[subprocess.Popen[bytes]] = []

    def cut(self) -> None:
        self._drop(())

    def lose(self) -> None:
        self._drop(("-m", "statistic", "--mode", "random", "--probability", str(LOSS)))

    def delay(self) -> None:
        """Delay packets to the others: each round trip takes so much longer."""
        for pid in first_processes(self._application, self._prefix):
            command = [*_enter(pid), sys.executable, str(_DELAY_LINK), str(DELAY_SECONDS)]
            self._delays.append(subprocess.Popen([*command, *self._targets()]))

    def heal(self) -> None:
        for process in self._delays:
            process.kill()
            process.wait()
        undone = (("-D", "INPUT", "-j", _CHAIN), ("-D", "OUTPUT", "-j", _CHAIN))
        for pid in self._pids:
            for command in (*undone, ("-F", _CHAIN), ("-X", _CHAIN)):
                with suppress(CommandFailed):  # the Pod may have ended, and its namespace with it
                    _iptables(pid, *command)
        self._pids, self._delays = [], []

    def _targets(self) -> list[str]:
        return [
            address
            for other in self._others
            for address in ([other] if other[0].isdigit() else addresses(self._application, other))
        ]

    def _drop(self, condition: Iterable[str]) -> None:
        targets = self._targets()
        own = set(addresses(self._application, self._prefix))
        for pid in first_processes(self._application, self._prefix):
            self._pids.append(pid)
            with suppress(CommandFailed):  # a scale-down may end the Pod meanwhile
                _iptables(pid, "-N", _CHAIN)
                for address in sorted(set(targets) - own):  # not the Service of its own Pods
                    for side in ("-s", "-d"):
                        _iptables(pid, "-A", _CHAIN, side, address, *condition, "-j", "DROP")
                for chain in ("INPUT", "OUTPUT"):
                    _iptables(pid, "-I", chain, "-j", _CHAIN)


def _enter(pid: int) -> tuple[str, ...]:
    return ("nsenter", f"--target={pid}", "--net", "--")


def _iptables(pid: int, *arguments: str) -> None:
    run([*_enter(pid), "iptables", "--wait", *arguments], seconds=30)
