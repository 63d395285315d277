"""What docs/celery.md says of Flower, with the programs of Celery that read and ask the same.

`celery events` reads events as Flower does, and `celery inspect` and `celery control` send the
commands that Flower sends.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from mare.domain.unknown import Unknown
from mare.ports import BrokerReading
from tests.integration.local.test_celery_countdown import GATE, HELD, worker
from tests.integration.local.test_celery_page import Workers
from tests.integration.local.test_celery_queues import send
from tests.integration.operator_broker.test_sources import OneSecret, read_until
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(400)]

TASKS = 5
CELERY = (sys.executable, "-m", "celery", "-A", "shop")
REMOTE_CONTROL = {"worker_enable_remote_control=False": "worker_enable_remote_control=True"}
NO_REPLY = 69
"""Exit code of `celery inspect` and `celery control` if no worker replies."""


@contextmanager
def events(folder: Path, vhost: Vhost, environ: Mapping[str, str]) -> Iterator[Path]:
    """Write all events to a file, one in a line."""
    before = len(celery_queues(vhost, "celeryev."))
    file = folder / "events"
    with (
        file.open("wb") as sink,
        subprocess.Popen(
            [*CELERY, "events", "--dump"], cwd=folder, env=environ, stdout=sink, stderr=sink
        ) as process,
    ):
        try:
            eventually(lambda: len(celery_queues(vhost, "celeryev.")) > before)
            yield file
        finally:
            process.terminate()
            process.wait(60)


def celery_queues(vhost: Vhost, part: str) -> list[str]:
    return [name for name in vhost.queues() if part in name]


def command(folder: Path, environ: Mapping[str, str], *words: str) -> int:
    done = subprocess.run([*CELERY, *words], cwd=folder, env=environ, timeout=120, check=False)
    return done.returncode


def busy(vhost: Vhost, running: int) -> dict[str, int]:
    """Wait until Maré reads so many running tasks, and that the others wait.

    Return its busy replicas, each connection being one.
    """
    counted = (TASKS - running, running, running)

    def counts(reading: BrokerReading) -> bool:
        if isinstance(reading.queues, Unknown) or isinstance(reading.busy, Unknown):
            return False
        found = [(each.ready, each.unacknowledged, each.consumers) for each in reading.queues]
        return found == [counted] and list(reading.busy.values()) == [1] * running

    uris = {"amqp_uri": vhost.amqp_uri, "management_uri": vhost.node.management_uri}
    secret, queues = OneSecret(**uris), [{"name": "celery"}]
    found = read_until(secret, vhost, counts, replica_at=str, queues=queues).busy
    assert not isinstance(found, Unknown)
    return dict(found)


def test_a_reader_of_events_sees_all_workers_and_changes_nothing_that_is_counted(
    tmp_path: Path, vhost: Vhost
) -> None:
    workers = Workers(tmp_path)
    with (
        worker(tmp_path, vhost, HELD, "--hostname", "a@h", "--task-events"),
        worker(tmp_path, vhost, HELD, "--hostname", "b@h", consumers=2) as environ,
    ):
        assert len(celery_queues(vhost, "celeryev.")) == 2, "each worker has one"
        send(tmp_path, environ, *map(str, range(TASKS)))
        alone = busy(vhost, 2)
        with events(tmp_path, vhost, environ) as file:
            for name in ("a@h", "b@h"):
                eventually(lambda name=name: f"{name} [" in file.read_text())
            assert busy(vhost, 2) == alone
            assert command(tmp_path, environ, "inspect", "ping") == NO_REPLY
            (tmp_path / GATE).touch()
            eventually(lambda: len(workers.runs("done")) == TASKS)
            eventually(lambda: "task succeeded" in file.read_text())

    of_tasks = {line.split()[0] for line in file.read_text().splitlines() if "] task " in line}
    assert of_tasks == {"a@h"}, "the other worker sends no events of tasks"
    assert not celery_queues(vhost, "pidbox")


def test_remote_control_has_a_queue_and_takes_no_task(tmp_path: Path, vhost: Vhost) -> None:
    workers = Workers(tmp_path)
    with worker(tmp_path, vhost, {**HELD, **REMOTE_CONTROL}, "--hostname", "a@h") as environ:
        send(tmp_path, environ, *map(str, range(TASKS)))
        alone = busy(vhost, 1)
        with events(tmp_path, vhost, environ) as file:
            assert command(tmp_path, environ, "inspect", "ping") == 0
            assert command(tmp_path, environ, "control", "enable_events") == 0
            assert celery_queues(vhost, "pidbox") == ["a@h.celery.pidbox"]
            assert busy(vhost, 1) == alone
            (tmp_path / GATE).touch()
            eventually(lambda: len(workers.runs("done")) == TASKS)
            eventually(lambda: "task succeeded" in file.read_text())
