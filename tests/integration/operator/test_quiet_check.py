"""A message that was delivered a moment ago is seen before a workload becomes idle."""

import asyncio
import time

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.networks import ANY_NETWORK
from mare.broker.quiet_check import QuietCheck
from mare.domain.unknown import Unknown
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker


TICK = 4
"""Of the node it is 1 s; a busy node is late with it."""


def check(vhost: Vhost) -> list[Unknown | None]:
    """Check the queue every 0.2 s for longer than a tick; return the answers."""

    async def run() -> list[Unknown | None]:
        parameters = ConnectionParameters(networks=ANY_NETWORK, vhost=vhost.name)
        quiet = QuietCheck(vhost.node.management_uri, parameters, time.time, tick_seconds=TICK)
        try:
            found = []
            for _ in range(6 * TICK):
                found.append(await quiet.run(["work"]))
                await asyncio.sleep(0.2)
            return found
        finally:
            await quiet.close()

    return asyncio.run(run())


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_held_message_keeps_the_queue_from_being_quiet(vhost: Vhost, kind: str) -> None:
    with vhost.connect() as connection:
        channel = connection.channel()
        arguments = {"x-queue-type": kind}
        channel.queue_declare("work", durable=True, auto_delete=False, arguments=arguments)
        held = []
        channel.basic_consume("work", callback=held.append)
        eventually(lambda: check(vhost)[-1] is None)
        vhost.publish("x", routing_key="work")
        while not held:
            connection.drain_events(timeout=60)
        assert None not in check(vhost)
        channel.basic_ack(held[0].delivery_tag)
        eventually(lambda: check(vhost)[-1] is None)
