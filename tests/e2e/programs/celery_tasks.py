"""A Celery worker, as docs/celery.md sets it up; its process and its tasks report to `seen`.

A report is retried until the broker confirms it: a task that is done is reported.
"""

import json
import os
import socket
import time

import kombu
from celery import Celery

_POD = socket.gethostname()
app = Celery("shop", broker=os.environ["AMQP_URI"])
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_reject_on_worker_lost=True,
    task_default_queue="work",
    task_default_queue_type="quorum",
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"confirm_publish": True},
)


def _report(event: str, task_id: str) -> None:
    body = json.dumps([event, task_id, _POD, time.time()])
    while True:
        try:
            with kombu.Connection(
                os.environ["AMQP_URI"],
                connect_timeout=5,
                transport_options={"confirm_publish": True, "read_timeout": 10},
            ) as connection:
                connection.Producer().publish(body, routing_key="seen", delivery_mode=2)
        except (OSError, kombu.exceptions.KombuError, *connection.connection_errors) as error:
            print(f"{event} {task_id}: {error!r}", flush=True)
            time.sleep(1)
        else:
            return


@app.task(name="shop.resize", bind=True)
def resize(self, seconds: float) -> None:
    _report("started", self.request.id)
    time.sleep(seconds)
    _report("done", self.request.id)


if __name__ == "__main__":
    _report("begun", "")
    app.Worker(pool="threads", concurrency=1, loglevel="INFO", without_mingle=True).start()
