"""Messages at given times, for workers that take as long as each message says.

``timed.py publish QUEUE SECONDS`` publishes the messages of /load/messages, gzipped JSON of pairs
(second, time that it takes). SECONDS after its start it prints when it began, and a line of JSON
for each report of a worker. It fails if it cannot read all of them within a quarter of an hour.
While the broker is away it waits: a message that is late has the time at which it was sent.
``timed.py work QUEUE WORKERS PREFETCH`` processes WORKERS messages at a time; a PREFETCH of 0 is
without a limit. It reports each start of a message, and that SIGTERM ends it with messages begun.
``timed.py declare QUEUE...`` declares queues.
``timed.py bursts A_SECOND QUEUE...`` publishes 20 messages to one queue after the other, and
removes them 10 s later, until it is ended. No queue gets more than one burst in 20 s.
"""

import gzip
import json
import os
import signal
import sys
import time
from collections import deque
from heapq import heappop, heappush
from itertools import cycle
from pathlib import Path

import amqp
from recorder import LOST, channel_with, connection, drain

_PAUSE = 0.2
_LAST_SECONDS = 900
_BURST, _BURST_SECONDS, _BURST_PERIOD = 20, 10.0, 20.0


def publish(queue: str, seconds: str) -> None:
    messages = json.loads(gzip.decompress(Path("/load/messages").read_bytes()))
    left, began = deque(enumerate(messages)), time.time()
    while True:
        try:
            with connection() as broker:
                channel = channel_with(broker, _reports(queue), queue)
                while left:
                    number, (second, takes) = left[0]
                    _wait(broker, began + second)
                    body = json.dumps([number, time.time() - began, takes, began])
                    channel.basic_publish(amqp.Message(body, delivery_mode=2), routing_key=queue)
                    left.popleft()
                _wait(broker, began + float(seconds))
                print(json.dumps({"began": began}), flush=True)
                print_reports(channel, _reports(queue), _LAST_SECONDS)
                return
        except LOST:
            time.sleep(1)


def print_reports(channel: amqp.Channel, queue: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while report := channel.basic_get(queue, no_ack=True):
        print(report.body, flush=True)
        if time.monotonic() > until:
            sys.exit(f"Reports were left after {seconds:g} s.")


def _wait(broker: amqp.Connection, moment: float) -> None:
    while (left := moment - time.time()) > 0:
        drain(broker, min(left, 2.0))


def work(queue: str, workers: str, prefetch: str) -> None:
    # The first process of a container ignores it otherwise, and runs on until it is killed.
    ended: list[int] = []

    def end(*_: object) -> None:
        ended.append(1)
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    while not ended:  # the end of a connection may fail while SystemExit is on its way
        try:
            _work(queue, int(workers), int(prefetch), os.environ["HOSTNAME"])
        except LOST:  # the broker delivers again what was not acknowledged
            time.sleep(1)


def _work(queue: str, workers: int, prefetch: int, pod: str) -> None:
    held: deque[amqp.Message] = deque()
    busy: list[tuple[float, int]] = []
    """When a message is done, and its delivery tag."""
    try:
        with connection() as broker:
            channel = channel_with(broker, _reports(queue), queue)
            channel.basic_qos(0, prefetch, a_global=False)
            channel.basic_consume(queue, callback=held.append)
            while True:
                while busy and busy[0][0] <= time.monotonic():
                    channel.basic_ack(heappop(busy)[1])
                while held and len(busy) < workers:
                    message = held.popleft()
                    number, published, takes, began = json.loads(message.body)
                    redelivered = message.delivery_info["redelivered"]
                    started = time.time() - began
                    report = {"message": number, "published": published, "started": started}
                    report |= {"pod": pod, "redelivered": redelivered}
                    _report(channel, queue, report)
                    heappush(busy, (time.monotonic() + takes, message.delivery_tag))
                left = busy[0][0] - time.monotonic() if busy else _PAUSE
                drain(broker, max(0.001, min(left, _PAUSE)))
    except SystemExit:
        if busy:
            with connection() as broker:  # the signal may have cut a frame of the other one
                report = {"ended": time.time() - began, "pod": pod}
                _report(channel_with(broker, _reports(queue)), queue, report)
        raise


def declare(*queues: str) -> None:
    with connection() as broker:
        channel_with(broker, *queues)


def bursts(a_second: str, *queues: str) -> None:
    pause = 1 / min(float(a_second), len(queues) / _BURST_PERIOD)
    filled: deque[tuple[float, str]] = deque()
    with connection() as broker:
        channel = channel_with(broker, *queues)
        due = time.time()
        for queue in cycle(queues):
            while filled and filled[0][0] <= due:
                emptied, of = filled.popleft()
                _wait(broker, emptied)
                channel.queue_purge(of)
            _wait(broker, due)
            for _ in range(_BURST):
                channel.basic_publish(amqp.Message("burst"), routing_key=queue)
            filled.append((due + _BURST_SECONDS, queue))
            due += pause


def _reports(queue: str) -> str:
    return f"seen-{queue}"


def _report(channel: amqp.Channel, queue: str, report: dict[str, object]) -> None:
    channel.basic_publish(amqp.Message(json.dumps(report)), routing_key=_reports(queue))


{"publish": publish, "work": work, "declare": declare, "bursts": bursts}[sys.argv[1]](*sys.argv[2:])
