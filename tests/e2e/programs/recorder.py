"""A worker without a framework: publishes the ID of each message of `work` to `seen`, then acks.

The broker confirms the ID before the message is acknowledged. After a crash an ID may be in `seen`
twice, but none is missing.
"""

import os
import signal
import ssl
import time
from urllib.parse import unquote, urlsplit

import amqp

SECONDS = float(os.environ.get("SECONDS_PER_MESSAGE", "0.05"))
LOST = (amqp.AMQPError, OSError)


def main() -> None:
    signal.signal(signal.SIGTERM, _end)
    while True:
        try:
            with connection() as broker:
                work(broker)
        except LOST as error:
            print(f"Lost the broker: {error!r}", flush=True)
            time.sleep(1)


def connection() -> amqp.Connection:
    uri = urlsplit(os.environ["AMQP_URI"])
    return amqp.Connection(
        f"{uri.hostname}:{uri.port or 5672}",
        userid=unquote(uri.username or "guest"),
        password=unquote(uri.password or "guest"),
        virtual_host=unquote(uri.path[1:]) or "/",
        ssl={"cert_reqs": ssl.CERT_NONE} if uri.scheme == "amqps" else False,
        heartbeat=10,
        connect_timeout=5,
        confirm_publish=True,
    )


def work(broker: amqp.Connection) -> None:
    channel = channel_with(broker, "work", "seen")
    channel.basic_qos(0, 1, a_global=False)

    def record(message: amqp.Message) -> None:
        time.sleep(SECONDS)
        seen = amqp.Message(message.body, delivery_mode=2)
        channel.basic_publish_confirm(seen, routing_key="seen")
        message.channel.basic_ack(message.delivery_tag)

    channel.basic_consume("work", callback=record)
    while True:
        drain(broker, 2)


def channel_with(broker: amqp.Connection, *queues: str) -> amqp.Channel:
    """Return a channel, once these queues exist."""
    channel = broker.channel()
    for name in queues:
        channel.queue_declare(name, durable=True, auto_delete=False)
    return channel


def drain(broker: amqp.Connection, seconds: float) -> None:
    """Handle what the broker sends within this time, also its heartbeats."""
    try:
        broker.drain_events(timeout=seconds)
    except TimeoutError:
        broker.heartbeat_tick()


def _end(*_: object) -> None:
    raise SystemExit


if __name__ == "__main__":
    main()
