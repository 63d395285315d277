"""A worker of the demo: `python -m mare.demo.worker`.

It writes one line for its start, and one for each message with the seconds that the message waited.
"""

import asyncio
import os
import signal
import time

import aiormq
from aiormq.abc import AbstractChannel, DeliveredMessage

from mare.demo.settings import QUEUE, SERVICE_SECONDS, WORKERS

PUBLISHED = "published"
"""Header with the monotonic clock of the machine at the time of publishing, in seconds."""
STARTED, WAITED = "started", "waited"
"""First words of the lines."""


async def consume(uri: str) -> None:
    """Consume the queue until SIGTERM, then finish the messages that have been started."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    connection = await aiormq.connect(uri)
    channel = await connection.channel()
    await channel.basic_qos(prefetch_count=WORKERS)
    tasks: set[asyncio.Task[None]] = set()

    async def start(message: DeliveredMessage) -> None:
        task = asyncio.create_task(_process(channel, message))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    consumer = await channel.basic_consume(QUEUE, start)
    print(STARTED, flush=True)  # noqa: T201
    await stop.wait()
    await channel.basic_cancel(consumer.consumer_tag or "")
    while tasks:
        await asyncio.wait(set(tasks))
    await connection.close()


async def _process(channel: AbstractChannel, message: DeliveredMessage) -> None:
    published = float(str((message.header.properties.headers or {})[PUBLISHED]))
    print(WAITED, f"{time.monotonic() - published:.4f}", flush=True)  # noqa: T201
    await asyncio.sleep(SERVICE_SECONDS)
    await channel.basic_ack(message.delivery_tag or 0)


if __name__ == "__main__":
    asyncio.run(consume(os.environ["AMQP_URI"]))
