"""A consumer of the queue `work`, as people write it: python worker.py MODE.

The environment names the broker (AMQP_URI), the seconds of work for a message (TAKES, 0.2), those
before the first message (STARTS_AFTER, 0), and the port for the readiness probe (READY_PORT, none).
"""

import http.server
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pika

QUEUE = "work"
BATCH = 1_000
"""Messages of one acknowledgement, and the prefetch count of that mode."""
POISON = b"poison"
"""The body of a message that fails each time."""
_POISON_SECONDS = 0.075
_POLL_SECONDS = 0.05
_TAKES = float(os.environ.get("TAKES", "0.2"))

Channel = Any
"""pika's BlockingChannel. pika is not typed."""


def acknowledge(channel: Channel, method: Any, _: Any, body: bytes) -> None:
    """Work, then acknowledge. A message that cannot be processed is requeued."""
    if body == POISON:
        time.sleep(_POISON_SECONDS)
        channel.basic_nack(method.delivery_tag, requeue=True)
        return
    time.sleep(_TAKES)
    channel.basic_ack(method.delivery_tag)


def work_only(*_: object) -> None:
    time.sleep(_TAKES)


def acknowledge_batches(channel: Channel, method: Any, *_: object) -> None:
    """Acknowledge the 1,000th message, and with it those before it."""
    time.sleep(_TAKES)
    if method.delivery_tag % BATCH == 0:
        channel.basic_ack(method.delivery_tag, multiple=True)


def poll(channel: Channel) -> None:
    """Consume with `basic.get` until SIGTERM."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while not ended.is_set():
        method, _, body = channel.basic_get(QUEUE)
        if method is None:
            channel.connection.sleep(_POLL_SECONDS)
        else:
            acknowledge(channel, method, None, body)


def consume(
    channel: Channel, callback: Callable[..., None], prefetch: int = 1, **options: Any
) -> None:
    """Consume until SIGTERM, or until RabbitMQ cancels the consumer."""
    stop = channel.stop_consuming
    signal.signal(signal.SIGTERM, lambda *_: channel.connection.add_callback_threadsafe(stop))
    channel.basic_qos(prefetch_count=prefetch)
    channel.basic_consume(QUEUE, callback, **options)
    _serve_readiness()
    channel.start_consuming()


def crash(channel: Channel) -> None:
    """Consume for two seconds, then end with an error."""
    channel.connection.call_later(2, lambda: os._exit(1))
    consume(channel, acknowledge)


def exclusive(channel: Channel) -> None:
    """Consume a queue of this connection; that of another connection is refused."""
    channel.queue_declare(QUEUE, exclusive=True)
    consume(channel, acknowledge)


MODES: dict[str, Callable[[Channel], None]] = {
    "acknowledge": lambda channel: consume(channel, acknowledge),
    "poll": poll,
    "no-ack": lambda channel: consume(channel, work_only, auto_ack=True),
    "batches": lambda channel: consume(channel, acknowledge_batches, prefetch=BATCH),
    "crash": crash,
    "exclusive": exclusive,
}


def _serve_readiness() -> None:
    class Probe(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log no request."""

    if port := os.environ.get("READY_PORT"):
        server = http.server.HTTPServer(("127.0.0.1", int(port)), Probe)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def main(mode: str) -> None:
    time.sleep(float(os.environ.get("STARTS_AFTER", "0")))
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URI"]))
    MODES[mode](connection.channel())
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
