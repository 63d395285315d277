"""Load that rises and falls five times; prints what the tasks report as one line of JSON."""

import json
import os
import sys
import time
from collections import Counter
from typing import Any

import amqp
from celery_tasks import app
from recorder import connection

RISES, TASKS, SECONDS = 5, 6, 20.0
PATIENCE_SECONDS = 200.0


def main() -> None:
    published: list[str] = []
    reports: list[list[Any]] = []
    with connection() as broker:
        channel = broker.channel()
        channel.queue_declare("seen", durable=True, auto_delete=False)
        arguments = {"x-queue-type": "quorum"}
        channel.queue_declare("celery", durable=True, auto_delete=False, arguments=arguments)
        for rise in range(RISES):
            for number in range(TASKS):
                # Of three lengths, so that replicas become idle one after the other.
                task = app.send_task("shop.resize", [SECONDS * (1 + number % 3 / 4)])
                published.append(task.id)
                time.sleep(1)
            begun = time.time()
            while not settled(channel, published, reports):
                broker.heartbeat_tick()
                if time.time() > begun + PATIENCE_SECONDS:
                    break
                time.sleep(0.5)
            print(f"rise {rise + 1}: idle after {time.time() - begun:.0f} s", file=sys.stderr)
    sys.stdout.write(f"RESULT {json.dumps(summary(published, reports))}\n")


def settled(channel: amqp.Channel, published: list[str], reports: list[list[Any]]) -> bool:
    """Say whether all tasks are done and no worker consumes any more."""
    while (message := channel.basic_get("seen", no_ack=True)) is not None:
        reports.append(json.loads(message.body))
    done = {each[1] for each in reports if each[0] == "done"}
    consumers = channel.queue_declare("celery", passive=True).consumer_count
    return done == set(published) and consumers == 0


def summary(published: list[str], reports: list[list[Any]]) -> dict[str, Any]:
    started = Counter(each[1] for each in reports if each[0] == "started")
    done = Counter(each[1] for each in reports if each[0] == "done")
    pods = {each[2] for each in reports}
    stopped = {each[2] for each in reports if each[0] == "stopped"}
    stopping = [each for each in reports if each[0] == "stopping"]
    return {
        "tasks": len(published),
        "lost": len(set(published) - set(done)),
        "started twice": sum(count > 1 for count in started.values()),
        "done twice": sum(count > 1 for count in done.values()),
        "started but not done": sum((started - done).values()),
        "pods": len(pods),
        "pods without an orderly end": len(pods - stopped),
        "pods told to end": len(stopping),
        "pods told to end while busy": sum(each[4] > 0 for each in stopping),
    }


if __name__ == "__main__":
    os.environ.setdefault("SECONDS_PER_MESSAGE", "0")
    main()
