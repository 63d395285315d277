"""The private broker of a run."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from local.rabbitmq import Node
from local.rabbitmq.origin import broker_to_run
from mare.backoff import Backoff
from mare.local_run.terminal import Terminal
from mare.private_broker.node import BrokerFailed

_CHECK_SECONDS = 1.0


@contextmanager
def private_broker(terminal: Terminal) -> Iterator[Node]:
    """Start a node with only the topology of Maré; remove it and its data at the end."""
    program = broker_to_run(lambda line: terminal.show("broker", line))
    terminal.show("broker", f"starting {program.describe()}")
    with Node(program) as node:
        terminal.show("broker", f"ready on port {node.ports.amqp}, private to this run")
        yield node


async def keep_alive(node: Node, terminal: Terminal, *, first_delay: float = 0.5) -> None:
    """Restart ``node`` on its data whenever it has ended, until cancelled."""
    backoff = Backoff(first=first_delay, longest=30.0)
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        if await asyncio.to_thread(node.alive):
            backoff.reset()
            continue
        delay = backoff.next_delay()
        terminal.show("broker", f"ended; restarts in {delay:g} s")
        await asyncio.sleep(delay)
        try:
            await asyncio.to_thread(node.start)
        except BrokerFailed as error:
            terminal.show("broker", str(error))
        else:
            terminal.show("broker", "ready again")
