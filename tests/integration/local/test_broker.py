"""The private broker of a run is kept alive."""

import asyncio
import io
from collections.abc import Callable

import pytest

from local.run import keep_alive
from mare.local_run.terminal import Terminal
from tests.broker_node import Node

pytestmark = pytest.mark.broker


def test_a_broker_that_dies_is_reported_and_started_again(
    own_rabbitmq: Callable[[], Node],
) -> None:
    node = own_rabbitmq()
    terminal = io.StringIO()

    async def scenario() -> None:
        watch = asyncio.create_task(keep_alive(node, Terminal(terminal), first_delay=0.01))
        await asyncio.to_thread(node.kill)
        async with asyncio.timeout(90):
            while "ready again" not in terminal.getvalue():  # noqa: ASYNC110 - in another thread
                await asyncio.sleep(0.05)
        watch.cancel()

    asyncio.run(scenario())
    with node.connect() as connection:
        assert connection.connected
    lines = [line.split("broker", 1)[1].strip() for line in terminal.getvalue().splitlines()]
    assert lines == ["ended; restarts in 0.01 s", "ready again"]
