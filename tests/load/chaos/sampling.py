"""Samples of a release while it runs: what may leak, by name."""

import json
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.load.chaos import store
from tests.load.chaos.processes import first_processes, pods_of, processes
from tests.load.chaos.works import Ending
from tests.load.pod_usage import usage_of_pods

EVERY = 15.0
_OWN_QUEUES = ("seen", "ledger")
_METRICS = "http://127.0.0.1:15692/metrics/detailed?family=queue_coarse_metrics&family=connection_churn_metrics"
_FETCH = "import sys,urllib.request as r;print(r.urlopen(sys.argv[1],timeout=10).read().decode())"
_OBJECTS = re.compile(r"^apiserver_(?:resource|storage)_objects{[^}]*} (\S+)", re.MULTILINE)


class Sampler(threading.Thread):
    """Adds to `series` every 15 s, and to `endings` the Pods that it sees terminating."""

    def __init__(self, application: Application, prefixes: dict[str, str], ended: str) -> None:
        super().__init__(daemon=True)
        self._application, self._prefixes, self._ended = application, prefixes, ended
        self._over = threading.Event()
        self.series: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.endings: dict[str, Ending] = {}

    def run(self) -> None:
        next_at = 0.0
        while not self._over.wait(1):
            with suppress(Exception):  # parts are away: the next sample comes
                self._note_endings()
            if time.monotonic() >= next_at:
                next_at = time.monotonic() + EVERY
                for source in (self._memory, self._files, self._broker, self._rows, self._objects):
                    self._take(source)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _take(self, source: Callable[[], Iterator[tuple[str, float]]]) -> None:
        at = time.time()
        with suppress(CommandFailed, OSError, ValueError, LookupError, subprocess.SubprocessError):
            for name, value in list(source()):
                self.series[name].append((at, value))

    def _note_endings(self) -> None:
        for pod in pods_of(self._application, self._ended):
            name = pod["metadata"]["name"]
            if "deletionTimestamp" in pod["metadata"]:
                self.endings.setdefault(name, Ending(name, time.time()))

    def _memory(self) -> Iterator[tuple[str, float]]:
        usage = usage_of_pods(self._application.cluster)
        for part, prefix in self._prefixes.items():
            own = [
                each.memory_bytes / 2**20
                for (namespace, pod), each in usage.items()
                if namespace == self._application.namespace and pod.startswith(prefix)
            ]
            if own:
                yield f"memory of {part}, MiB a Pod", sum(own) / len(own)

    def _files(self) -> Iterator[tuple[str, float]]:
        for part, prefix in self._prefixes.items():
            pods = len(first_processes(self._application, prefix))
            pids = processes(self._application, prefix)
            if pods and pids:
                files = sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)
                threads = sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids)
                yield f"file descriptors of {part}, a Pod", files / pods
                yield f"threads of {part}, a Pod", threads / pods

    def _broker(self) -> Iterator[tuple[str, float]]:
        totals: dict[str, float] = defaultdict(float)
        for pid in first_processes(self._application, f"{self._application.release}-rabbitmq-"):
            inside = ["nsenter", f"--target={pid}", "--net", "--", sys.executable, "-c", _FETCH]
            for url in (_METRICS, "http://127.0.0.1:15692/metrics"):
                text = subprocess.run(
                    [*inside, url], check=True, capture_output=True, text=True, timeout=20
                ).stdout
                for name in ("connections", "channels", "queues"):
                    if found := re.search(rf"^rabbitmq_{name} (\S+)", text, re.MULTILINE):
                        totals[name] += float(found[1])
                for queue, count in re.findall(
                    r'^rabbitmq_detailed_queue_messages{.*queue="([^"]+)"} (\S+)',
                    text,
                    re.MULTILINE,
                ):
                    totals["messages"] += 0 if queue in _OWN_QUEUES else float(count)
        for name, value in totals.items():
            yield f"{name} of RabbitMQ", value

    def _rows(self) -> Iterator[tuple[str, float]]:
        for table, count in store.rows(self._application).items():
            yield f"rows of {table}", count

    def _objects(self) -> Iterator[tuple[str, float]]:
        text = self._application.cluster.kubectl("get", "--raw", "/metrics", seconds=20)
        yield "objects in etcd", sum(float(each) for each in _OBJECTS.findall(text))


def write(sampler: Sampler, file: Path) -> None:
    file.write_text(json.dumps(sampler.series))
