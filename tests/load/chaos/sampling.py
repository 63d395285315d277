"""Samples of a release while it runs: what may leak, by name."""

import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg
from urllib3.exceptions import HTTPError

from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.load.chaos import store
from tests.load.chaos.broker import LEFT_OUT
from tests.load.chaos.processes import first_processes, network_of, pods_of, processes_by_pod
from tests.load.chaos.works import Ending

EVERY = 15.0
_METRICS = (
    "http://127.0.0.1:15692/metrics",
    "http://127.0.0.1:15692/metrics/detailed?family=queue_coarse_metrics",
)
_OBJECTS = re.compile(r"^apiserver_(?:resource|storage)_objects{([^}]*)} (\S+)", re.MULTILINE)
_TOTAL = re.compile(r"^rabbitmq_(connections|channels|queues) (\S+)", re.MULTILINE)
_QUEUE = re.compile(r'^rabbitmq_detailed_queue_messages{.*queue="([^"]+)"} (\S+)', re.MULTILINE)
_PAGE = os.sysconf("SC_PAGE_SIZE")
ROWS = {table: f"rows of {table}" for table in store.TABLES}
"""The name of the series of each table."""


class Sampler(threading.Thread):
    """Adds to `series` every 15 s: samples by name and by life of a Pod's processes."""

    def __init__(self, application: Application, prefixes: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._application, self._prefixes = application, prefixes
        self._api = application.cluster.client()
        self._over = threading.Event()
        self.series: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(dict)

    def run(self) -> None:
        while True:
            at = time.monotonic()
            for source in (self._processes, self._broker, self._rows, self._objects):
                self._take(source)
            if self._over.wait(max(1.0, at + EVERY - time.monotonic())):
                return

    def stop(self) -> None:
        self._over.set()
        self.join()

    def until(self, end: float) -> dict[str, dict[str, list[tuple[float, float]]]]:
        """Return the samples up to a time, without lives that began later."""
        found: dict[str, dict[str, list[tuple[float, float]]]] = {}
        for name, lives in self.series.items():
            for life, samples in lives.items():
                early = [each for each in samples if each[0] <= end]
                if early:
                    found.setdefault(name, {})[life] = early
        return found

    def _take(self, source: Callable[[], Iterator[tuple[str, str, float]]]) -> None:
        at = time.time()
        away = (CommandFailed, OSError, ValueError, LookupError, HTTPError, psycopg.Error)
        with suppress(*away):  # the next sample comes
            for name, life, value in list(source()):
                self.series[name].setdefault(life, []).append((at, value))

    def _processes(self) -> Iterator[tuple[str, str, float]]:
        by_pod = processes_by_pod(self._application, "")
        for part, prefix in self._prefixes.items():
            for pids in (pids for pod, pids in by_pod.items() if pod.startswith(prefix)):
                with suppress(OSError):  # a fault has killed them
                    life = life_of(pids)
                    for what, value in zip(_USAGE, _usage(pids), strict=True):
                        yield f"{what} of {part}, a Pod", life, value

    def _broker(self) -> Iterator[tuple[str, str, float]]:
        totals: dict[str, float] = defaultdict(float)
        for pid in first_processes(self._application, f"{self._application.release}-rabbitmq-"):
            with network_of(pid):
                text = "".join(urlopen(url, timeout=10).read().decode() for url in _METRICS)
            for name, value in _TOTAL.findall(text):
                totals[name] += float(value)
            totals["messages"] += messages_in(text)
        for name, value in totals.items():
            yield f"{name} of RabbitMQ", "", value

    def _rows(self) -> Iterator[tuple[str, str, float]]:
        for table, count in store.rows(self._application).items():
            yield ROWS[table], "", count

    def _objects(self) -> Iterator[tuple[str, str, float]]:
        answer = self._api.call_api("GET", f"{self._api.configuration.host}/metrics", {})
        yield "objects in etcd", "", objects_in(answer.read().decode())


def messages_in(metrics: str) -> float:
    """Return the messages of all queues that have consumers, from RabbitMQ's metrics."""
    return sum(float(count) for queue, count in _QUEUE.findall(metrics) if queue not in LEFT_OUT)


def objects_in(metrics: str) -> float:
    """Return the objects in etcd without Events, which the faults add and an hour deletes."""
    found = _OBJECTS.findall(metrics)
    return sum(float(count) for labels, count in found if 'resource="events' not in labels)


def life_of(pids: Sequence[int]) -> str:
    """Return the start time and the number of the oldest process: another life has others."""
    return min(f"{_started(pid):016d} {pid}" for pid in pids)


def _started(pid: int) -> int:
    """Return the start time of a process in ticks since the boot of the machine."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


_USAGE = ("memory in MiB", "file descriptors", "threads")


def _usage(pids: list[int]) -> tuple[float, int, int]:
    """Return resident memory, open files and threads of processes."""
    memory, files, threads = 0.0, 0, 0
    for pid in pids:
        with suppress(OSError):
            folder = Path("/proc", str(pid))
            memory += int((folder / "statm").read_text().split()[1]) * _PAGE / 2**20
            files += sum(1 for _ in (folder / "fd").iterdir())
            threads += sum(1 for _ in (folder / "task").iterdir())
    return memory, files, threads


class Endings(threading.Thread):
    """Notes the Pods of a name that terminate, every second."""

    def __init__(self, application: Application, prefix: str) -> None:
        super().__init__(daemon=True)
        self._application, self._prefix = application, prefix
        self._over = threading.Event()
        self.seen: dict[str, Ending] = {}

    def run(self) -> None:
        while not self._over.wait(1):
            with suppress(CommandFailed, OSError, HTTPError):
                for pod in pods_of(self._application, self._prefix):
                    name = pod["metadata"]["name"]
                    if "deletionTimestamp" in pod["metadata"]:
                        self.seen.setdefault(name, Ending.of(pod, time.time()))

    def stop(self) -> None:
        self._over.set()
        self.join()
