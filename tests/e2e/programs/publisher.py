"""Publish IDs to `work`, each until the broker confirms it."""

import sys
import time

import amqp
from recorder import LOST, connection


def main(count: int, per_second: float, first: int = 0) -> None:
    pending = list(range(first, first + count))
    while pending:
        try:
            with connection() as broker:
                channel = broker.channel()
                channel.queue_declare("work", durable=True, auto_delete=False)
                while pending:
                    message = amqp.Message(str(pending[-1]), delivery_mode=2)
                    channel.basic_publish_confirm(message, routing_key="work", timeout=10)
                    pending.pop()
                    time.sleep(1 / per_second)
        except LOST as error:
            print(f"{len(pending)} to go: {error!r}", flush=True)
            time.sleep(1)
    print("published", flush=True)


main(int(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))
