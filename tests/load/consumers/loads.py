"""The loads of the kinds of consumers: what happens to the queues of a run."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pika
from celery import Celery

from tests.load.consumers.worker import POISON, QUEUE

CLASSIC = {"x-queue-type": "classic"}
DELAYED = f"{QUEUE}-delayed"
_COUNTDOWN = 900
"""Seconds until a task is due: longer than a run."""


class Load:
    """What happens to the queues of a run: one connection, used by one thread."""

    def __init__(self, amqp_uri: str) -> None:
        self.amqp_uri = amqp_uri
        self.ended = threading.Event()
        self._connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
        self.channel: Any = self._connection.channel()

    def publish(
        self, count: int = 1, *, queue: str = QUEUE, body: bytes = b"x", **properties: Any
    ) -> None:
        for _ in range(count):
            self.channel.basic_publish("", queue, body, pika.BasicProperties(**properties))

    def wait(self, seconds: float) -> None:
        """Answer heartbeats for so long, or until the run ends."""
        end = time.monotonic() + seconds
        while not self.ended.is_set() and (left := end - time.monotonic()) > 0:
            self._connection.process_data_events(time_limit=min(left, 0.5))

    def ticks(self, rate: float) -> Iterator[int]:
        """Yield the numbers from 0 on, `rate` a second, until the run ends."""
        began, number = time.monotonic(), 0
        while not self.ended.is_set():
            self.wait(began + number / rate - time.monotonic())
            yield number
            number += 1


def messages(rate: float) -> Callable[[Load], None]:
    """Return a load of single messages at a steady rate."""

    def run(load: Load) -> None:
        for _ in load.ticks(rate):
            load.publish()

    return run


ten_a_second = messages(10)


def nothing(_: Load) -> None:
    """Publish nothing."""


def of_all_priorities(load: Load) -> None:
    for number in load.ticks(10):
        load.publish(priority=number % 10)


def redeclared(load: Load) -> None:
    """Delete the queue after a minute, and declare it again 20 s later."""
    for number in load.ticks(10):
        if number == 600:
            load.channel.queue_delete(QUEUE)
        if number == 800:
            load.channel.queue_declare(QUEUE, durable=True, arguments=CLASSIC)
        load.publish()


def purged(load: Load) -> None:
    load.publish(3_000)
    load.wait(30)
    load.channel.queue_purge(QUEUE)


def purged_at_once(load: Load) -> None:
    load.wait(30)
    load.publish(5_000)
    load.channel.queue_purge(QUEUE)


def delayed(load: Load) -> None:
    for _ in load.ticks(6):
        load.publish(queue=DELAYED)


def countdowns(load: Load) -> None:
    """Send 200 tasks that are due after the run, and two a second that are due at once."""
    with Celery(broker=load.amqp_uri, set_as_current=False) as app:
        app.conf.task_default_queue = QUEUE
        for number in range(200):
            app.send_task("shop.resize", [number], countdown=_COUNTDOWN)
        for number in load.ticks(2):
            app.send_task("shop.resize", [number])


def poisoned(load: Load) -> None:
    """Publish three messages that always fail after a minute, beside two a second."""
    for number in load.ticks(2):
        load.publish()
        if number == 120:
            load.publish(3, body=POISON)
