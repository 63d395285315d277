"""The broker of a run: the one in $AMQP_URI, or a private node that is kept alive."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from local.rabbitmq import Node
from local.rabbitmq.node import BrokerFailed
from local.rabbitmq.origin import broker_to_run
from mare.local_run.terminal import Terminal
from mare.processes import Backoff

_LOOK_SECONDS = 1.0


@contextmanager
def private_broker(terminal: Terminal) -> Iterator[Node]:
    """Start a node with nothing but our own topology; it is gone, data included, afterwards."""
    program = broker_to_run(lambda line: terminal.show("broker", line))
    terminal.show("broker", f"starting {program.describe()}")
    with Node(program) as node:
        terminal.show("broker", f"ready on port {node.ports.amqp}, private to this run")
        yield node


async def keep_alive(node: Node, terminal: Terminal, backoff: Backoff | None = None) -> None:
    """Start ``node`` again, on its data, whenever it has ended; until cancelled."""
    backoff = backoff or Backoff()
    failures = 0
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if await asyncio.to_thread(node.alive):
            failures = 0
            continue
        failures += 1
        terminal.show("broker", f"ended; starts again in {backoff.delay(failures):g} s")
        await asyncio.sleep(backoff.delay(failures))
        try:
            await asyncio.to_thread(node.start)
        except BrokerFailed as error:
            terminal.show("broker", str(error))
        else:
            terminal.show("broker", "ready again")
