"""The broker of a run: the one in $AMQP_URI, or a private node that is kept alive."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from local.rabbitmq import Node
from local.rabbitmq.node import BrokerFailed
from local.rabbitmq.origin import broker_to_run
from mare.local.processes import Backoff
from mare.local.screen import Screen

_LOOK_SECONDS = 1.0


@contextmanager
def private_broker(screen: Screen) -> Iterator[Node]:
    """Start a node with nothing but our own topology; it is gone, data included, afterwards."""
    program = broker_to_run(lambda line: screen.step("broker", line))
    screen.step("broker", f"starting {program.describe()}")
    with Node(program) as node:
        screen.step("broker", f"ready on port {node.ports.amqp}, private to this run")
        yield node


async def keep_alive(node: Node, screen: Screen, backoff: Backoff | None = None) -> None:
    """Start ``node`` again, on its data, whenever it has ended; until cancelled."""
    backoff = backoff or Backoff()
    failures = 0
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if await asyncio.to_thread(node.alive):
            failures = 0
            continue
        failures += 1
        screen.step("broker", f"ended; starts again in {backoff.delay(failures):g} s")
        await asyncio.sleep(backoff.delay(failures))
        try:
            await asyncio.to_thread(node.start)
        except BrokerFailed as error:
            screen.step("broker", str(error))
        else:
            screen.step("broker", "ready again")
