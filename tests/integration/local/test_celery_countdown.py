"""What docs/celery.md says of countdown tasks, with a Celery worker on a real broker."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.local.test_celery_page import RECORDING, Workers, block
from tests.vhost import Depth, Vhost, becomes, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(400)]

TASKS = 20
COUNTDOWN = 30
GATE = "run"
HELD = {"time.sleep(0.1)": f'while not os.path.exists("{GATE}"): time.sleep(0.1)'}
"""The change of the application that lets a task run until its folder has this file."""
TOPIC = 'task_default_queue_type="quorum",\n    task_default_exchange_type="topic",'
SEND = "import shop; [shop.resize.apply_async([n], countdown={0}) for n in range({1})]"


@contextmanager
def worker(
    folder: Path,
    vhost: Vhost,
    changes: Mapping[str, str],
    *options: str,
    queue: str = "celery",
    consumers: int = 1,
) -> Iterator[dict[str, str]]:
    """Run a worker of the page's application; yield the environment of its programs.

    The queue then has so many consumers. Of `options`, a later one replaces an earlier one.
    """
    program = block("python", "shop.py").replace("time.sleep(2)", "time.sleep(0.1)")
    for old, new in changes.items():
        assert old in program
        program = program.replace(old, new)
    (folder / "shop.py").write_text(program + RECORDING)
    environ = {**os.environ, "AMQP_URI": vhost.amqp_uri, "RECORD": str(folder / "record")}
    run = [sys.executable, "-m", "celery", "-A", "shop", "worker", "--concurrency", "1"]
    with (
        (folder / "output").open("wb") as sink,
        subprocess.Popen(
            [*run, *options], cwd=folder, env=environ, stdout=sink, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            eventually(lambda: queue in vhost.queues(), 90)
            becomes(lambda: vhost.depth(queue).consumers, consumers, 90)
            yield environ
        finally:
            (folder / GATE).touch()  # Celery waits for a task that a failed test holds
            process.terminate()
            process.wait(60)


def send(folder: Path, environ: Mapping[str, str], tasks: int, countdown: int) -> None:
    subprocess.run(
        [sys.executable, "-c", SEND.format(countdown, tasks)],
        cwd=folder,
        env=environ,
        check=True,
        timeout=60,
    )


def messages(vhost: Vhost, prefix: str) -> int:
    """Return the ready and unacknowledged messages of queues whose name begins so."""
    found = vhost.queues().items()
    return sum(each.get("messages", 0) for name, each in found if name.startswith(prefix))


@pytest.mark.parametrize("queue_type", ["quorum", "classic"])
def test_with_the_default_exchange_one_countdown_task_blocks_a_worker_and_the_others_stay_ready(
    tmp_path: Path, vhost: Vhost, queue_type: str
) -> None:
    workers = Workers(tmp_path)
    # Celery sends no type for a classic queue, and the default of the virtual host is quorum.
    own = f'Queue("celery", queue_arguments={{"x-queue-type": "{queue_type}"}})'
    changes = {
        "from celery import Celery": "from celery import Celery\nfrom kombu import Queue",
        'task_default_queue_type="quorum"': f"task_queues=[{own}]",
    }
    with worker(tmp_path, vhost, changes) as environ:
        send(tmp_path, environ, TASKS, COUNTDOWN)

        assert vhost.queues()["celery"]["type"] == queue_type
        becomes(lambda: vhost.depth("celery"), Depth(ready=TASKS - 1, consumers=1))
        send(tmp_path, environ, 1, 0)

        becomes(lambda: vhost.depth("celery"), Depth(ready=TASKS, consumers=1))
        becomes(lambda: messages(vhost, "celery"), TASKS + 1)
        assert not workers.runs("started"), "the plain task waits behind a countdown"
        eventually(lambda: len(workers.runs("done")) == TASKS + 1, 120)


def test_with_a_topic_exchange_countdown_tasks_wait_outside_of_the_queue_of_the_workers(
    tmp_path: Path, vhost: Vhost
) -> None:
    workers = Workers(tmp_path)
    changes = {'task_default_queue_type="quorum",': TOPIC}
    with worker(tmp_path, vhost, changes) as environ:
        # The last one: what comes before the queues of its countdown are bound is dropped.
        eventually(lambda: "celery_delayed_0" in vhost.queues())
        send(tmp_path, environ, TASKS, COUNTDOWN)

        becomes(lambda: messages(vhost, "celery_delayed_"), TASKS)
        assert vhost.depth("celery") == Depth(ready=0, consumers=1)
        send(tmp_path, environ, 1, 0)

        eventually(lambda: len(workers.runs("done")) == 1)
        becomes(lambda: messages(vhost, "celery_delayed_"), TASKS)
        eventually(lambda: len(workers.runs("done")) == TASKS + 1, 120)
