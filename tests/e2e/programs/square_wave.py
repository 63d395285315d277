"""Publish a square wave of messages to `work`; print how long they waited as one line of JSON.

A worker publishes the body of each message to `seen` when the work is done (recorder.py).
"""

import json
import os
import random
import sys
import time

import amqp
from recorder import connection

LOW, HIGH, HALF_PERIOD = 1.0, 12.0, 40.0
PATIENCE_SECONDS = 60.0
RANDOM = random.Random(1)


def main(periods: int) -> None:
    published = [
        2 * HALF_PERIOD * period + at
        for period in range(periods)
        for at in (*_arrivals(LOW, 0.0), *_arrivals(HIGH, HALF_PERIOD))
    ]
    service = float(os.environ["SECONDS_PER_MESSAGE"])
    waits: dict[int, float] = {}
    copies = 0
    with connection() as broker:
        channel = broker.channel()
        for name in ("work", "seen"):
            channel.queue_declare(name, durable=True, auto_delete=False)
        started = time.time()
        print("STARTED", flush=True)

        def record(message: amqp.Message) -> None:
            nonlocal copies
            number = int(message.body)
            copies += number in waits
            waits.setdefault(number, time.time() - started - published[number] - service)

        channel.basic_consume("seen", callback=record, no_ack=True)
        for number, at in enumerate(published):
            _drain(broker, started + at)
            channel.basic_publish(amqp.Message(str(number), delivery_mode=2), routing_key="work")
        give_up = time.time() + PATIENCE_SECONDS
        while len(waits) < len(published) and time.time() < give_up:
            _drain(broker, time.time() + 0.1)
    ordered = sorted(waits.values())
    result = {
        "messages": len(published),
        "lost": len(published) - len(waits),
        "done twice": copies,
        "wait p50": round(ordered[len(ordered) // 2], 2),
        "wait p95": round(ordered[int(len(ordered) * 0.95)], 2),
        "longest wait": round(ordered[-1], 2),
    }
    sys.stdout.write(f"RESULT {json.dumps(result)}\n")


def _arrivals(rate: float, start: float) -> list[float]:
    """Return random times: as many as the rate gives on average."""
    count = int(rate * HALF_PERIOD)
    return sorted(start + RANDOM.uniform(0, HALF_PERIOD) for _ in range(count))


def _drain(broker: amqp.Connection, until: float) -> None:
    broker.heartbeat_tick()
    while (left := until - time.time()) > 0:
        try:
            broker.drain_events(timeout=left)
        except TimeoutError:
            return


main(int(sys.argv[1]))
