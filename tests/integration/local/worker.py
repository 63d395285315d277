"""A small worker: a message from $QUEUE is done when the file that its body names exists."""

import os
import signal
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import amqp


def main() -> None:
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    uri, queue = urlsplit(os.environ["AMQP_URI"]), os.environ["QUEUE"]
    with amqp.Connection(
        f"{uri.hostname}:{uri.port}",
        userid=uri.username,
        password=unquote(uri.password or ""),
        virtual_host=unquote(uri.path[1:]),
    ) as connection:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True, auto_delete=False)
        channel.basic_qos(0, 1, False)

        def work(message: amqp.Message) -> None:
            while not Path(str(message.body)).exists():
                time.sleep(0.05)
            channel.basic_ack(message.delivery_tag)

        channel.basic_consume(queue, callback=work)
        sys.stdout.write(f"consuming as {os.getpid()}\n")
        while not stopping:
            try:
                connection.drain_events(timeout=0.2)
            except TimeoutError:
                continue


if __name__ == "__main__":
    main()
