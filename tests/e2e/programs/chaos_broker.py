"""What chaos does at the broker from inside the cluster.

``chaos_broker.py declare`` declares the queues `work`, `seen` and `ledger`; the last gets the
results that playlists publishes.
``chaos_broker.py tasks COUNT PER_SECOND`` sends Celery tasks at a steady rate, each again until the
broker confirms it, and prints the id and the time of the first attempt.
``chaos_broker.py poison COUNT QUEUE...`` publishes messages that no consumer understands.
``chaos_broker.py count`` empties `seen` and `ledger`, and prints them as lines of JSON.
"""

import json
import random
import sys
import time
import uuid

import amqp
from recorder import LOST, channel_with, connection

_EXCHANGE = "playlists.events"
_POISON = (b"", b"\xff\xfe", b"{", b"[]", b'{"args": 1}', b'{"job_id": null}', b"[[], 5, {}]")


def declare() -> None:
    with connection() as broker:
        channel = channel_with(broker, "work", "seen", "ledger")
        channel.exchange_declare(_EXCHANGE, "topic", durable=True, auto_delete=False)
        channel.queue_bind("ledger", _EXCHANGE, routing_key="playlist_composed")


def tasks(count: str, per_second: str) -> None:
    chosen = random.Random(1)
    began = time.time()
    pending = [
        (began + number / float(per_second), str(uuid.uuid4()), chosen.uniform(1, 5))
        for number in range(int(count))
    ]
    pending.reverse()
    while pending:
        try:
            with connection() as broker:
                channel = broker.channel()
                while pending:
                    _send(broker, channel, *pending[-1])
                    due, task, _ = pending.pop()
                    print(json.dumps([task, due]), flush=True)
        except LOST as error:
            print(f"{len(pending)} to go: {error!r}", file=sys.stderr, flush=True)
            time.sleep(1)


def _send(
    broker: amqp.Connection, channel: amqp.Channel, due: float, task: str, seconds: float
) -> None:
    while (left := due - time.time()) > 0:
        time.sleep(min(left, 2))
        broker.heartbeat_tick()
    headers = {"task": "shop.resize", "id": task, "root_id": task, "lang": "py"}
    message = amqp.Message(
        json.dumps([[seconds], {}, {}]),
        content_type="application/json",
        content_encoding="utf-8",
        application_headers=headers | {"argsrepr": f"({seconds},)", "kwargsrepr": "{}"},
        correlation_id=task,
        delivery_mode=2,
    )
    channel.basic_publish_confirm(message, routing_key="work", timeout=15)


def poison(count: str, *queues: str) -> None:
    with connection() as broker:
        channel = broker.channel()
        for number in range(int(count)):
            body = _POISON[number % len(_POISON)]
            message = amqp.Message(body, content_type="application/json", delivery_mode=2)
            channel.basic_publish_confirm(message, routing_key=queues[number % len(queues)])
    print(f"published {count}", flush=True)


def count() -> None:
    with connection() as broker:
        channel = broker.channel()
        for queue in ("seen", "ledger"):
            while message := channel.basic_get(queue, no_ack=True):
                print(_line(queue, message), flush=False)
    sys.stdout.flush()


def _line(queue: str, message: amqp.Message) -> str:
    body = json.loads(message.body)
    return json.dumps(body if queue == "seen" else ["composed", body["job_id"]])


{"declare": declare, "tasks": tasks, "poison": poison, "count": count}[sys.argv[1]](*sys.argv[2:])
