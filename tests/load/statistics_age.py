"""How old RabbitMQ's answers about unacknowledged messages are.

    .venv/bin/python -m tests.load.statistics_age [ROUNDS]

Starts a node with RabbitMQ's default intervals. In each round a message is delivered to a consumer
and acknowledged later, at random times; each source is asked ten times a second for the new count.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import aiormq

from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test

QUEUES = [f"{kind}-{number}" for kind in ("classic", "quorum") for number in range(6)]
PATIENCE = 14.0
_TOTALS = "disable_stats=true&enable_queue_totals=true"
_SAMPLE = re.compile(
    r'^rabbitmq_detailed_queue_messages_unacked\{.*queue="([^"]*)".*\} (\d+)', re.MULTILINE
)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    node = Node(broker_to_test())
    try:
        settings = Path(node._folder, "settings")
        (settings / "advanced.config").write_text("[].\n")
        lines = (settings / "rabbitmq.conf").read_text().splitlines()
        kept = [each for each in lines if "interval" not in each and "retention" not in each]
        (settings / "rabbitmq.conf").write_text("\n".join(kept) + "\n")
        node.start()
        asyncio.run(measure(node, rounds))
    finally:
        node.close()


async def measure(node: Node, rounds: int) -> None:
    parts = urlsplit(node.management_uri)
    header = aiohttp.encode_basic_auth(parts.username or "", parts.password or "")
    async with aiohttp.ClientSession(headers={"Authorization": header}) as http:
        delays: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        sources = await Broker(node, http).sources()
        connection = await aiormq.connect(node.amqp_uri)
        publisher = await connection.channel()
        await asyncio.gather(
            *(trial(node, publisher, name, rounds, sources, delays) for name in QUEUES)
        )
    for (kind, event, source), seconds in sorted(delays.items()):
        seconds.sort()
        middle = seconds[len(seconds) // 2]
        late = seconds[int(len(seconds) * 0.95)]
        sys.stdout.write(
            f"{kind:8} {event:13} {source:52} {middle:6.2f} {late:6.2f} {seconds[-1]:6.2f}\n"
        )


class Broker:
    def __init__(self, node: Node, http: aiohttp.ClientSession) -> None:
        self._management = f"http://127.0.0.1:{node.ports.management}/api"
        self._prometheus = f"http://127.0.0.1:{node.ports.prometheus}/metrics/detailed"
        self._http = http

    async def _text(self, url: str) -> str:
        async with self._http.get(url) as response:
            return await response.text()

    async def _json(self, path: str) -> Any:
        return json.loads(await self._text(f"{self._management}/{path}"))

    async def sources(self) -> dict[str, Callable[[str], Awaitable[Any]]]:
        """Return how each source is asked for the unacknowledged messages of a queue."""

        async def one(name: str, query: str = "") -> Any:
            found = await self._json(f"queues/%2F/{quote(name)}?{query}")
            return found.get("messages_unacknowledged")

        async def listed(name: str) -> Any:
            found = await self._json("queues/%2F?columns=name,messages_unacknowledged")
            return {q["name"]: q.get("messages_unacknowledged") for q in found}.get(name)

        async def prometheus(name: str) -> Any:
            text = await self._text(f"{self._prometheus}?family=queue_coarse_metrics")
            return {queue: int(count) for queue, count in _SAMPLE.findall(text)}.get(name)

        async def status(name: str) -> Any:
            return await self._json(f"queues/quorum/%2F/{quote(name)}/status")

        return {
            "/api/queues/VHOST": listed,
            "/api/queues/VHOST/NAME": one,
            "the same with disable_stats and enable_queue_totals": lambda n: one(n, _TOTALS),
            "/metrics/detailed, queue_coarse_metrics": prometheus,
            "/api/queues/quorum/VHOST/NAME/status changes": status,
        }


async def trial(  # noqa: PLR0917
    node: Node,
    publisher: Any,
    name: str,
    rounds: int,
    sources: dict[str, Callable[[str], Awaitable[Any]]],
    delays: dict[tuple[str, str, str], list[float]],
) -> None:
    kind = name.partition("-")[0]
    connection = await aiormq.connect(node.amqp_uri)
    channel = await connection.channel()
    arguments: dict[str, Any] = {"x-queue-type": kind}
    await channel.queue_declare(name, durable=True, arguments=arguments)
    await channel.basic_qos(prefetch_count=1)
    received: asyncio.Queue[int] = asyncio.Queue()

    async def receive(message: Any) -> None:
        received.put_nowait(message.delivery.delivery_tag)

    await channel.basic_consume(name, receive)
    selected = {k: v for k, v in sources.items() if kind == "quorum" or "quorum" not in k}
    for _ in range(rounds):
        for event, count in (("delivered", 1), ("acknowledged", 0)):
            await asyncio.sleep(random.uniform(6, 13))
            before = await sources[next(reversed(sources))](name) if kind == "quorum" else None
            if count:
                await publisher.basic_publish(b"x", routing_key=name)
                tag = await received.get()
            else:
                await channel.basic_ack(tag)
            begun = time.monotonic()
            found = await asyncio.gather(
                *(_seen(source, name, count, before, begun) for source in selected.values())
            )
            for source, seconds in zip(selected, found, strict=True):
                delays[kind, event, source].append(seconds)


async def _seen(
    source: Callable[[str], Awaitable[Any]], name: str, count: int, before: Any, begun: float
) -> float:
    """Return after how many seconds a request shows the count, or another status."""
    while True:
        requested = time.monotonic() - begun
        value = await source(name)
        if value == count or (isinstance(value, list) and value != before):
            return requested
        if requested > PATIENCE:
            return PATIENCE
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    main()
