"""The same load again and again, for workers that report how long each message has waited.

``recurring.py publish COUNT TIMES PERIOD QUEUE...`` publishes COUNT messages to each queue at once,
TIMES times, and then prints a line of JSON for each message: queue, time and wait, in seconds.
``recurring.py work QUEUE STARTS TAKES`` is a worker that needs STARTS seconds until it consumes.
"""

import json
import sys
import time

import amqp
from recorder import channel_with, connection, drain

_LAST_SECONDS = 60


def publish(count: str, times: str, period: str, *queues: str) -> None:
    began = time.time()
    for number in range(int(times)):
        time.sleep(max(0.0, began + number * float(period) - time.time()))
        with connection() as broker:
            channel = channel_with(broker, "seen", *queues)
            for queue in queues * int(count):
                message = amqp.Message(json.dumps([queue, number, time.time()]), delivery_mode=2)
                channel.basic_publish_confirm(message, routing_key=queue)
    time.sleep(_LAST_SECONDS)
    with connection() as broker:
        channel = channel_with(broker, "seen")
        while message := channel.basic_get("seen", no_ack=True):
            print(message.body, flush=True)


def work(queue: str, starts: str, takes: str) -> None:
    time.sleep(float(starts))
    with connection() as broker:
        channel = channel_with(broker, "seen", queue)
        channel.basic_qos(0, 1, a_global=False)

        def handle(message: amqp.Message) -> None:
            of, number, published = json.loads(message.body)
            wait = json.dumps({"queue": of, "time": number, "wait": time.time() - published})
            channel.basic_publish_confirm(amqp.Message(wait), routing_key="seen")
            time.sleep(float(takes))
            channel.basic_ack(message.delivery_tag)

        channel.basic_consume(queue, callback=handle)
        while True:
            drain(broker, 2)


{"publish": publish, "work": work}[sys.argv[1]](*sys.argv[2:])
