"""`mare local` with an AMQP worker on a real broker, as a user at a terminal runs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import amqp
import pytest
import requests

from mare.processes.tcp_ports import free_port
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker

FILE = """\
commands:
  worker:
    run: $PYTHON worker.py
    environment: {{QUEUE: work}}
    folder: {folder}
    stopSeconds: 60
---
apiVersion: mare.dev/v1alpha1
kind: QueueAutoscaler
metadata: {{name: worker}}
spec:
  scaleTargetRef: {{name: worker}}
  brokerRef: {{secretName: rabbitmq}}
  minReplicas: 1
  maxReplicas: 4
  queues: [{{name: work}}]
  target: {{type: QueueLength, messagesPerReplica: 10}}
  behavior: {{scaleDown: {{stabilizationWindowSeconds: 1}}}}
"""


class Local:
    """The running command and its output."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", output: Path, dashboard: int, metrics: int
    ) -> None:
        self.process = process
        self.dashboard = f"http://127.0.0.1:{dashboard}"
        self.metrics = f"http://127.0.0.1:{metrics}"
        self._output = output

    def shown(self) -> str:
        return self._output.read_text()

    def shows(self, pattern: str) -> bool:
        assert self.process.poll() is None, self.shown()
        return re.search(pattern, self.shown()) is not None

    def workers(self) -> set[int]:
        """The live processes among those that have reported consuming."""
        found = {int(pid) for pid in re.findall(r"consuming as (\d+)", self.shown())}
        return {pid for pid in found if Path(f"/proc/{pid}/cwd").exists()}


@contextmanager
def mare_local(folder: Path, vhost: Vhost) -> Iterator[Local]:
    file, output = folder / "mare.yaml", folder / "output"
    dashboard, metrics = free_port(), free_port()
    ports = ("--dashboard", str(dashboard), "--metrics", str(metrics))
    here = Path(__file__).parent
    file.write_text(FILE.format(folder=here))
    environ = {
        **os.environ,
        "PYTHON": sys.executable,
        "AMQP_URI": vhost.amqp_uri,
        "MANAGEMENT_URI": vhost.node.management_uri,
    }
    program = Path(sys.executable).parent / "mare"
    with (
        output.open("wb") as sink,
        subprocess.Popen(
            [program, "local", file, *ports, "--max", "4"],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield Local(process, output, dashboard, metrics)
        finally:
            if process.poll() is None:
                process.kill()


def burst(vhost: Vhost, messages: int, end: Path) -> None:
    """Publish messages that are done when the file `end` exists."""
    with vhost.connect() as connection:
        channel = connection.channel()
        for _ in range(messages):
            channel.basic_publish(amqp.Message(str(end)), routing_key="work")


def test_a_burst_scales_processes_up_and_down_and_ctrl_c_stops_all(
    tmp_path: Path, vhost: Vhost
) -> None:
    with mare_local(tmp_path, vhost) as local:
        eventually(lambda: local.shows("all commands run"))
        eventually(lambda: len(local.workers()) == 1)  # it has declared the queue
        (first,) = local.workers()
        end = tmp_path / "end"
        burst(vhost, 200, end)
        eventually(lambda: local.shows(r"worker +\d → 4 replicas: .*\."))
        eventually(lambda: len(local.workers()) == 4)

        assert requests.get(f"{local.metrics}/readyz", timeout=30).status_code == 200
        metrics = requests.get(f"{local.metrics}/metrics", timeout=30).text
        assert re.search(r'^mare_desired_replicas\{name="worker",.*\} 4', metrics, re.MULTILINE)
        state = requests.get(f"{local.dashboard}/api/state", timeout=30).json()
        assert state["objects"][0]["name"] == "worker"
        assert state["objects"][0]["replicas"]["max"] == 4

        end.touch()
        eventually(lambda: len(local.workers()) == 1, 120)
        eventually(lambda: vhost.depth("work").ready == 0)

        (left,) = local.workers()
        os.kill(left, signal.SIGKILL)
        eventually(lambda: local.shows(r"worker-\d +was ended by signal 9; restarts in 0.5 s"))
        eventually(lambda: len(local.workers() - {left}) == 1)

        local.process.send_signal(signal.SIGINT)
        assert local.process.wait(90) == 0
        assert local.workers() == set()
        assert first not in local.workers()
        assert local.shown().rstrip().endswith("stopped")
        eventually(lambda: not vhost.connections())


def test_a_second_ctrl_c_kills_a_process_that_handles_a_message(
    tmp_path: Path, vhost: Vhost
) -> None:
    with mare_local(tmp_path, vhost) as local:
        eventually(lambda: len(local.workers()) == 1)
        burst(vhost, 1, tmp_path / "never")
        eventually(lambda: vhost.queues()["work"].get("messages_unacknowledged") == 1)
        local.process.send_signal(signal.SIGINT)
        eventually(lambda: local.shows("stopping all commands; press Ctrl-C again"))
        local.process.send_signal(signal.SIGINT)
        assert local.process.wait(20) == 0  # the process has 60 s after the first
        assert local.workers() == set()
