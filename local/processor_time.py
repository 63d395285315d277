"""The processor time of ``make run``, by the names of its commands; Linux only."""

import os
from collections import defaultdict
from pathlib import Path

_NAMES = {
    "mare_gateway": "gateway",
    "mare_gateway.events": "events",
    "local.front": "front",
    "local.run": "operator",
}
_SERVICE = ["mare_nameko.service", "run"]


def processor_seconds(pid: int) -> float:
    """Return the user and system time of a process."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class ProcessorTime:
    """Adds up the seconds of a process and of all below it.

    Processes come and go: the time of one that ends counts up to the last ``sample``.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._names: dict[int, str] = {}
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self.sample()
        self._first |= self._last  # of processes that begin later all counts

    def sample(self) -> None:
        parents: dict[int, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
            except OSError:  # it has ended
                continue
        for pid in parents:
            above = [pid]
            while above[-1] != self._root and above[-1] in parents:
                above.append(parents[above[-1]])
            if above[-1] == self._root:
                self._add(pid, above[1:])

    def _add(self, pid: int, above: list[int]) -> None:
        try:
            self._last[pid] = processor_seconds(pid)
            if pid not in self._names:
                found = (_name(each) for each in [pid, *above])
                self._names[pid] = next((name for name in found if name), "other")
        except OSError:
            return

    def seconds(self) -> dict[str, float]:
        """Return the seconds since this object was created, of each command."""
        total: dict[str, float] = defaultdict(float)
        for pid, last in self._last.items():
            total[self._names.get(pid, "other")] += last - self._first.get(pid, 0.0)
        return total


def _name(pid: int) -> str | None:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    if words[0].startswith("granian "):  # it names its processes
        return "gateway"
    if any(Path(word).name in ("beam.smp", "epmd", "rabbitmq-server") for word in words[:2]):
        return "broker"
    if words[2:4] == _SERVICE:
        return words[4]
    module = words[2] if words[1:2] == ["-m"] else ""
    return _NAMES.get(module)


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
