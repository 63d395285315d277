"""A load that never stops, for the workers of recurring.py.

``steady.py SECONDS STEADY BURSTS`` publishes for SECONDS: to each queue of STEADY, names with
commas, 2 messages a second for a minute, then 4 for a minute; to the queue BURSTS 40 messages every
90 s. Then it prints what the workers report: a line of JSON for each message with queue, time of
publication and wait, and at last the number of published messages.
"""

import json
import sys
import time

import amqp
from recorder import channel_with, connection

_TICK = 0.25
_LAST_SECONDS = 120


def main(seconds: str, steady: str, bursts: str) -> None:
    queues = steady.split(",")
    published = 0
    with connection() as broker:
        channel = channel_with(broker, "seen", *queues, bursts)

        def publish(queue: str) -> None:
            message = amqp.Message(json.dumps([queue, time.time(), time.time()]), delivery_mode=2)
            channel.basic_publish_confirm(message, routing_key=queue)

        began = time.monotonic()
        for tick in range(int(float(seconds) / _TICK)):
            time.sleep(max(0.0, began + tick * _TICK - time.monotonic()))
            broker.heartbeat_tick()
            fast = tick * _TICK % 120 >= 60
            due = queues if fast or tick % 2 == 0 else []
            due = due + [bursts] * (40 if tick % 360 == 0 else 0)
            for queue in due:
                publish(queue)
            published += len(due)
        _print_seen(broker, channel, published)
    print(json.dumps({"published": published}), flush=True)


def _print_seen(broker: amqp.Connection, channel: amqp.Channel, wanted: int) -> None:
    until = time.monotonic() + _LAST_SECONDS
    while wanted and time.monotonic() < until:
        message = channel.basic_get("seen", no_ack=True)
        if message is None:
            broker.heartbeat_tick()
            time.sleep(_TICK)
        else:
            wanted -= 1
            print(message.body, flush=True)


main(*sys.argv[1:])
