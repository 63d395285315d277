"""The check of many queues takes a few connections: it has 3 s, however many there are."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from mare.broker import quiet_check
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.networks import ANY_NETWORK
from mare.broker.quiet_check import QuietCheck
from mare.tenant_scheduler import QUIET_CONNECTIONS, TenantScheduler
from tests.unit.operator_broker.statistics_server import tcp_server
from tests.unit.operator_loop.fakes import Clock


def answer(ready: int) -> bytes:
    counts = {"messages_ready": ready, "messages_unacknowledged": 0}
    body = json.dumps({"type": "classic", **counts}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


MANY = [f"work-{number}" for number in range(193)]


class Broker:
    """Answers once so many requests are under way: too few end by the client's deadline."""

    def __init__(self, together: int, left: int = 0) -> None:
        """`left` are the messages in the first queue; the others have none."""
        self._together, self._left, self.requests = together, left, 0
        self._answers, self.changed = asyncio.Event(), asyncio.Event()
        self._under_way = self.open = self.opened = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.opened += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                self._under_way += 1
                if self._under_way == self._together:
                    self._answers.set()
                await self._answers.wait()
                self._under_way -= 1
                writer.write(answer(self._left))
                self._left = 0
        writer.close()
        self.open -= 1
        self.changed.set()


@asynccontextmanager
async def checking(broker: Broker, scheduler: TenantScheduler) -> AsyncIterator[QuietCheck]:
    async with tcp_server(broker) as uri:
        parameters = ConnectionParameters(networks=ANY_NETWORK, tenant=scheduler.of("shop"))
        check = QuietCheck(uri, parameters, Clock())
        try:
            yield check
        finally:
            await check.close()


@pytest.mark.parametrize(("queues", "connections"), [(64, 1), (65, 2), (257, 4)])
def test_a_check_has_a_connection_for_each_64_queues_and_four_at_most(queues, connections):
    async def play() -> None:
        broker = Broker(connections)
        async with checking(broker, TenantScheduler()) as check:
            assert await check.run([f"work-{number}" for number in range(queues)]) is None
        assert broker.opened == connections

    asyncio.run(play())


def test_a_namespace_over_its_limit_of_connections_is_checked_over_one():
    async def play() -> None:
        scheduler, broker = TenantScheduler(), Broker(1)
        async with (
            asyncio.timeout(10),
            AsyncExitStack() as stack,
            checking(broker, scheduler) as check,
        ):
            for _ in range(QUIET_CONNECTIONS.of_namespace):
                await stack.enter_async_context(scheduler.turn(QUIET_CONNECTIONS, "shop"))
            assert await check.run(MANY) is None
        assert broker.opened == 1

    asyncio.run(play())


def test_further_connections_end_soon_after_the_check(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quiet_check, "_IDLE_SECONDS", 0.01)

    async def play() -> None:
        broker = Broker(4)
        async with checking(broker, TenantScheduler()) as check, asyncio.timeout(10):
            await check.run(MANY)
            while broker.open > 1:
                broker.changed.clear()
                await broker.changed.wait()

    asyncio.run(play())


def test_a_message_ends_the_check_on_all_connections():
    async def play() -> None:
        broker = Broker(4, left=1)
        async with checking(broker, TenantScheduler()) as check:
            why = await check.run(MANY)
        assert why is not None
        assert why.reason == "MessagesLeft"
        assert broker.requests < 20

    asyncio.run(play())
