"""Tasks for Jobs that take one message each, and what became of them.

``once.py publish QUEUE MESSAGES OVER LIMIT`` publishes so many messages within OVER seconds. Once
all are done, LIMIT seconds after the last one at most, it prints when it began, and a line of JSON
for each report.
``once.py work QUEUE SECONDS`` takes one message, works on it for so long, acknowledges it and ends.
It reports that it starts, is done, or has found no message for 10 s.
"""

import json
import sys
import time

import amqp
from recorder import channel_with, connection, drain

_PAUSE = 0.5
_PATIENCE = 10.0
_LAST_SECONDS = 45.0
"""Time for Jobs that find no message: statistics of 5 s before create them, and they wait 10 s."""


def publish(queue: str, messages: str, over: str, limit: str) -> None:
    count, reports = int(messages), []
    with connection() as broker:
        channel = channel_with(broker, "seen", queue)
        channel.queue_purge("seen")
        began = time.time()
        for number in range(count):
            _wait(broker, began + float(over) * number / count)
            body = json.dumps([number, time.time() - began, began])
            channel.basic_publish(amqp.Message(body, delivery_mode=2), routing_key=queue)
        left, until = set(range(count)), time.monotonic() + float(limit)
        while time.monotonic() < until:
            while report := channel.basic_get("seen", no_ack=True):
                reports.append(json.loads(report.body))
                if reports[-1]["event"] == "done" and reports[-1]["message"] in left:
                    left.remove(reports[-1]["message"])
                    if not left:
                        until = time.monotonic() + _LAST_SECONDS
            drain(broker, _PAUSE)
    for line in ({"began": began}, *reports):
        print(json.dumps(line), flush=True)


def work(queue: str, seconds: str) -> None:
    with connection() as broker:
        channel = channel_with(broker, "seen", queue)
        until = time.monotonic() + _PATIENCE
        while (message := channel.basic_get(queue)) is None:
            if time.monotonic() > until:
                _report(channel, {"event": "empty"})
                return
            drain(broker, _PAUSE)
        number, published, began = json.loads(message.body)
        redelivered = message.delivery_info["redelivered"]
        started = {"event": "started", "published": published, "redelivered": redelivered}
        _report(channel, started | {"message": number, "at": time.time() - began})
        _wait(broker, time.time() + float(seconds))
        _report(channel, {"event": "done", "message": number, "at": time.time() - began})
        channel.basic_ack(message.delivery_tag)


def _wait(broker: amqp.Connection, moment: float) -> None:
    while (left := moment - time.time()) > 0:
        drain(broker, min(left, 2.0))


def _report(channel: amqp.Channel, report: dict[str, object]) -> None:
    channel.basic_publish(amqp.Message(json.dumps(report)), routing_key="seen")


{"publish": publish, "work": work}[sys.argv[1]](*sys.argv[2:])
