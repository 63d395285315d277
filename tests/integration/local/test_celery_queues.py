"""What docs/celery.md says of retries, chords and several queues, with Celery on a real broker."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.local.test_celery_countdown import GATE, HELD, messages, worker
from tests.integration.local.test_celery_page import Workers
from tests.vhost import Depth, Vhost, becomes, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(400)]

WORK = "time.sleep(0.1)"
RETRY = 'if photo == "again" and not resize.request.retries: raise resize.retry(countdown=30)'
CHORD = """
from celery import chord
parts = [resize.si(name).set(task_id=name) for name in ("slow", "b", "c")]
chord(parts)(resize.si("all").set(task_id="all"))
"""


def run(folder: Path, environ: Mapping[str, str], program: str) -> None:
    """Run a program that has the page's application, and publishes."""
    command = [sys.executable, "-c", f"from shop import *\n{program}"]
    subprocess.run(command, cwd=folder, env=environ, check=True, timeout=60)


def send(folder: Path, environ: Mapping[str, str], *tasks: str, queue: str = "celery") -> None:
    """Publish tasks whose id is their argument."""
    each = f"resize.apply_async([name], task_id=name, queue={queue!r})"
    run(folder, environ, f"for name in {tasks!r}: {each}")


def order(folder: Path, what: str) -> list[tuple[str, str]]:
    """Return the id of each run and the process id of its worker."""
    lines = (line.split() for line in (folder / "record").read_text().splitlines())
    return [(line[1], line[2]) for line in lines if line[0] == what]


def test_a_retry_that_waits_blocks_its_worker(tmp_path: Path, vhost: Vhost) -> None:
    workers = Workers(tmp_path)
    with worker(tmp_path, vhost, {WORK: RETRY}) as environ:
        send(tmp_path, environ, "again")
        eventually(lambda: workers.runs("done") == Counter(["again"]))
        send(tmp_path, environ, "plain")

        becomes(lambda: messages(vhost, "celery"), 2)
        assert vhost.depth("celery") == Depth(ready=1, consumers=1)
        assert workers.runs("started") == Counter(["again"])
        eventually(lambda: workers.runs("done") == Counter(["again", "again", "plain"]), 120)


def test_without_a_counting_result_backend_the_unlocking_task_repeats_until_the_parts_have_run(
    tmp_path: Path, vhost: Vhost
) -> None:
    workers = Workers(tmp_path)
    (tmp_path / "results").mkdir()
    changes = {
        'broker=os.environ["AMQP_URI"]': f'broker=os.environ["AMQP_URI"], backend="file://{tmp_path}/results"',
        WORK: 'time.sleep(6 if photo == "slow" else 0)',
    }
    with worker(tmp_path, vhost, changes, "--concurrency", "2") as environ:
        run(tmp_path, environ, CHORD)
        eventually(lambda: workers.runs("done")["all"], 120)
        becomes(lambda: vhost.depth("celery").ready, 0)

    done = workers.runs("done")
    (unlock,) = done.keys() - {"slow", "b", "c", "all"}
    assert done[unlock] > 1
    assert done - Counter({unlock: done[unlock]}) == Counter(["slow", "b", "c", "all"])
    assert order(tmp_path, "started")[-1][0] == "all"


def test_a_worker_of_two_queues_holds_a_message_of_each(tmp_path: Path, vhost: Vhost) -> None:
    workers = Workers(tmp_path)
    with worker(tmp_path, vhost, HELD, "-Q", "high,low", queue="low") as environ:
        for queue in ("high", "low"):
            send(tmp_path, environ, *(f"{queue}-{n}" for n in range(4)), queue=queue)
        for queue in ("high", "low"):
            becomes(lambda queue=queue: vhost.depth(queue), Depth(ready=3, consumers=1))
            becomes(lambda queue=queue: messages(vhost, queue), 4)
        assert len(workers.runs("started")) == 1
        (tmp_path / GATE).touch()
        eventually(lambda: len(workers.runs("done")) == 8)

    names = [task.partition("-")[0] for task, _ in order(tmp_path, "done")]
    assert len(set(names[:4])) == len(set(names[4:])) == 2, "neither queue is finished first"


def test_a_queue_is_shared_by_the_workers_of_several_deployments(
    tmp_path: Path, vhost: Vhost
) -> None:
    workers = Workers(tmp_path)
    with (
        worker(tmp_path, vhost, {}, "--hostname", "a@%h"),
        worker(tmp_path, vhost, {}, "--hostname", "b@%h", consumers=2) as environ,
    ):
        send(tmp_path, environ, *map(str, range(20)))
        eventually(lambda: len(workers.runs("done")) == 20)

    runs = Counter(process for _, process in order(tmp_path, "done"))
    assert sorted(runs.values()) == [10, 10]
