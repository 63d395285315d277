"""docs/celery.md, run with Celery on a real broker: the tasks themselves count their runs."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from celery import Celery

from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]

PAGE = Path(__file__).parents[3] / "docs/celery.md"
RECORDING = """

from celery import signals

def record(what, task_id=""):
    with open(os.environ["RECORD"], "a") as file:
        file.write(f"{what} {task_id} {os.getppid()}\\n")

signals.task_prerun.connect(lambda task_id, **_: record("started", task_id), weak=False)
signals.task_postrun.connect(lambda task_id, **_: record("done", task_id), weak=False)
"""
"""What the page's application does not need: each line is written by the task's own process."""


def block(language: str, comment: str) -> str:
    """The code block of the page that begins with a comment."""
    found = re.search(rf"```{language}\n(# {comment}\n.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


class Workers:
    def __init__(self, folder: Path) -> None:
        self._record, self._output = folder / "record", folder / "output"

    def runs(self, what: str) -> Counter[str]:
        lines = self._record.read_text().split("\n") if self._record.exists() else []
        return Counter(line.split()[1] for line in lines if line.startswith(what))

    def shown(self) -> str:
        return self._output.read_text()

    def shows(self, pattern: str) -> int:
        return len(re.findall(pattern, self.shown()))


@contextmanager
def mare_local(
    folder: Path, vhost: Vhost, changes: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Workers]:
    """Run the page, with changes of its text."""
    text = block("yaml", "mare.yaml").replace("maxReplicas: 8", "maxReplicas: 3")
    program = block("python", "shop.py")
    for old, new in changes.items():
        assert old in text + program
        text, program = text.replace(old, new), program.replace(old, new)
    (folder / "shop.py").write_text(program + RECORDING)
    text = text.replace("WindowSeconds: 15", "WindowSeconds: 1")
    (folder / "mare.yaml").write_text(f"{text}  idle: {{cooldownSeconds: 1}}\n")
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AMQP_URI": vhost.amqp_uri,
        "MANAGEMENT_URI": vhost.node.management_uri,
        "RECORD": str(folder / "record"),
    }
    with (
        (folder / "output").open("wb") as sink,
        subprocess.Popen(
            ["mare", "local", "mare.yaml", "--no-dashboard"],
            cwd=folder,
            env=environ,
            stdout=sink,
            stderr=subprocess.STDOUT,
            executable=Path(sys.executable).parent / "mare",
        ) as process,
    ):
        try:
            yield Workers(folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(120)


def publish(vhost: Vhost, tasks: int) -> set[str]:
    with Celery(broker=vhost.amqp_uri, set_as_current=False) as app:
        app.conf.task_default_queue_type = "quorum"
        return {app.send_task("shop.resize", [number]).id for number in range(tasks)}


def test_no_task_is_lost_or_run_twice_while_processes_start_and_stop(
    tmp_path: Path, vhost: Vhost
) -> None:
    # Tasks that end by themselves could all have run before a slow machine starts two processes.
    all_run = tmp_path / "all-run"
    held = f"while not os.path.exists('{all_run}'): time.sleep(0.1)\n    time.sleep(2)"
    with mare_local(tmp_path, vhost, {"time.sleep(2)": held}) as workers:
        eventually(lambda: "celery" in vhost.queues(), 90)
        published = publish(vhost, 8)
        eventually(lambda: workers.shows(r"→ 3 replicas"), 60)
        all_run.touch()
        eventually(lambda: len(workers.runs("done")) == len(published), 120)
        eventually(lambda: workers.shows(r"→ 0 replicas"), 120)
        started, done = workers.runs("started"), workers.runs("done")

    assert set(done) == published
    assert started == done == Counter(published), workers.shown()
    assert "was killed" not in workers.shown()


@pytest.mark.nightly
def test_processes_that_acknowledge_early_are_not_stopped_while_a_task_runs(
    tmp_path: Path, vhost: Vhost
) -> None:
    """A task of 20 s would be killed 1 s after SIGTERM. The last tasks keep two processes busy."""
    changes = {
        "task_acks_late=True": "task_acks_late=False",
        "maxReplicas: 3": "drainSeconds: 60\n  maxReplicas: 2",
        "sleep(2)": "sleep(20)",
        "stopSeconds: 60": "stopSeconds: 1",
    }
    with mare_local(tmp_path, vhost, changes) as workers:
        eventually(lambda: "celery" in vhost.queues(), 90)
        published = publish(vhost, 4)
        eventually(lambda: len(workers.runs("done")) == len(published), 200)

    assert workers.runs("started") == workers.runs("done") == Counter(published), workers.shown()
