"""Publishes the load of the demo."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiormq
from aiormq.abc import AbstractChannel

from mare.demo.settings import QUEUE
from mare.demo.worker import PUBLISHED


@asynccontextmanager
async def opened(uri: str) -> AsyncIterator[AbstractChannel]:
    connection = await aiormq.connect(uri)
    try:
        channel = await connection.channel(publisher_confirms=False)
        await channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        yield channel
    finally:
        await connection.close()


async def publish(
    channel: AbstractChannel,
    moments: Sequence[float],
    on_published: Callable[[float], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Publish a message at each of the moments, which are sorted seconds from now."""
    start = clock()
    for moment in moments:
        await asyncio.sleep(max(0.0, start + moment - clock()))
        now = clock()
        on_published(now - start)
        await channel.basic_publish(
            b"",
            routing_key=QUEUE,
            properties=aiormq.spec.Basic.Properties(headers={PUBLISHED: repr(now)}),
        )
