"""A Celery worker whose tasks report to the queue `seen` when they start and end, and SIGTERM too.

Celery comes as a zip file, since no image has it.
"""

import json
import os
import socket
import time

from celery import Celery, signals
from kombu import Connection

POD = socket.gethostname()
app = Celery("shop", broker=os.environ["AMQP_URI"])
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_reject_on_worker_lost=True,
    task_default_queue_type="quorum",
    worker_enable_remote_control=False,
)
_running: set[str] = set()


def report(event: str, task_id: str = "") -> None:
    """Publish a line; the broker confirms it."""
    options = {"confirm_publish": True}
    with Connection(os.environ["AMQP_URI"], transport_options=options) as connection:
        body = json.dumps([event, task_id, POD, time.time(), len(_running)])
        connection.Producer().publish(body, routing_key="seen", retry=True)


@signals.task_prerun.connect(weak=False)
def _starts(task_id: str, **_: object) -> None:
    _running.add(task_id)
    report("started", task_id)


@signals.task_postrun.connect(weak=False)
def _ends(task_id: str, **_: object) -> None:
    report("done", task_id)
    _running.discard(task_id)


@signals.worker_shutting_down.connect(weak=False)
def _stops(**_: object) -> None:
    report("stopping")


@signals.worker_shutdown.connect(weak=False)
def _stopped(**_: object) -> None:
    report("stopped")


@app.task(name="shop.resize")
def resize(seconds: float) -> None:
    time.sleep(seconds)


if __name__ == "__main__":
    app.Worker(pool="threads", concurrency=1, loglevel="INFO", without_mingle=True).start()
