"""`mare run` as a process: start, metrics, end."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import requests

from local.processor_time import processor_seconds
from mare.processes.tcp_ports import free_port
from tests.proc import resident_bytes
from tests.vhost import eventually


class Operator:
    """`mare run` as a process of its own, with the rights that its chart gives it."""

    def __init__(self, folder: Path, kubeconfig: Path, namespace: str, **settings: str) -> None:
        self.port = free_port()
        self.dashboard_port = free_port()
        self.log = folder / f"operator-{self.port}.log"
        self._environ = {
            "PATH": "/usr/bin:/bin",
            "KUBECONFIG": str(kubeconfig),
            "MARE_NAMESPACES": namespace,
            "POD_NAMESPACE": namespace,
            "MARE_HOST": "127.0.0.1",
            "MARE_PORT": str(self.port),
            "MARE_DASHBOARD_HOST": "127.0.0.1",
            "MARE_DASHBOARD_PORT": str(self.dashboard_port),
            "MARE_STATISTICS_SECONDS": "1",
            "MARE_SECRET_SECONDS": "2",
            "MARE_BROKER_NETWORKS": "0.0.0.0/0,127.0.0.0/8,::1/128",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Operator":
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).parent / "mare"), "run"],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(lambda: self._answers("readyz"))
        return self

    def _answers(self, path: str) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/{path}", timeout=30).ok
        except requests.RequestException:
            return False

    def is_alive(self) -> bool:
        return self._answers("livez")

    def metric(self, name: str) -> float | None:
        return next((value for _, value in self._values(name)), None)

    def histogram(self, name: str) -> dict[str, float]:
        """Counts of observations up to each bound."""
        return {labels.split('"')[1]: value for labels, value in self._values(f"{name}_bucket")}

    def count(self, start: str) -> int:
        """Return how many values have names and labels that begin so."""
        return len(self._values(start))

    def labels(self, name: str) -> list[str]:
        """Return the labels of each value of a metric: `{name="worker",namespace="team"}`."""
        return [labels.removeprefix(name) for labels, _ in self._values(f"{name}{{")]

    def quantile(self, name: str, share: float, since: Mapping[str, float]) -> float:
        """Return the bound that this share of the observations keeps."""
        now = self.histogram(name)
        return next(float(bound) for bound in now if _share_under(bound, since, now) >= share)

    def share_under(self, name: str, bound: str, since: Mapping[str, float]) -> float:
        return _share_under(bound, since, self.histogram(name))

    def _values(self, start: str) -> list[tuple[str, float]]:
        """Return the values whose names and labels begin so, with these."""
        text = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=30).text
        lines = (line for line in text.splitlines() if line.startswith(start))
        return [(labels, float(value)) for labels, _, value in (e.rpartition(" ") for e in lines)]

    def cpu_seconds(self) -> float:
        assert self._process is not None
        return processor_seconds(self._process.pid)

    def rss_bytes(self) -> int:
        assert self._process is not None
        return resident_bytes(self._process.pid)

    def highest_rss_bytes(self) -> int:
        """Since its start."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def leads(self) -> bool:
        return self.metric("mare_leader ") == 1

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)

    def pause(self) -> None:
        """Stop the process where it is, until :meth:`resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)


def _share_under(bound: str, since: Mapping[str, float], now: Mapping[str, float]) -> float:
    return (now[bound] - since[bound]) / max(1, now["+Inf"] - since["+Inf"])
