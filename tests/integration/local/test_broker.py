"""The private broker of a run is kept alive."""

import asyncio
import io
from collections.abc import Callable

import pytest

from local.run import keep_alive
from mare.local_run.terminal import Terminal
from tests.broker_node import Node
from tests.vhost import Vhost

pytestmark = pytest.mark.broker


def test_a_broker_that_dies_is_reported_and_started_again_with_its_messages(
    own_rabbitmq: Callable[[], Node],
) -> None:
    node = own_rabbitmq()
    vhost = Vhost(node, "kept")
    with vhost.connect() as connection:
        connection.channel().queue_declare("rpc-kept", durable=True, auto_delete=False)
    vhost.publish("kept", routing_key="rpc-kept", delivery_mode=2)
    node.settle()
    terminal = io.StringIO()

    async def scenario() -> None:
        watch = asyncio.create_task(keep_alive(node, Terminal(terminal), first_delay=0.01))
        await asyncio.to_thread(node.kill)
        async with asyncio.timeout(90):
            while "ready again" not in terminal.getvalue():  # noqa: ASYNC110 - in another thread
                await asyncio.sleep(0.05)
        watch.cancel()

    asyncio.run(scenario())
    message = vhost.get("rpc-kept")  # at the same address
    assert message is not None
    assert message.body == "kept"
    lines = [line.split("broker", 1)[1].strip() for line in terminal.getvalue().splitlines()]
    assert lines == ["ended; restarts in 0.01 s", "ready again"]
