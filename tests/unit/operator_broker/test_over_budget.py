"""What is over a bound of its namespace is unknown, with the name of the bound."""

import asyncio
import socket
import time
from contextlib import AsyncExitStack

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.management import ManagementStatistics
from mare.broker.networks import ANY_NETWORK
from mare.broker.queue_depths import QueueDepths
from mare.broker.queue_statistics import StatisticsPoller
from mare.broker.quiet_check import QuietCheck
from mare.domain.unknown import Unknown
from mare.tenant_lines import Work
from mare.tenant_scheduler import (
    BODIES,
    DECODING,
    HANDSHAKES,
    HUGE_BODIES,
    LARGE_BODIES,
    LOOKUPS,
    TenantScheduler,
)
from tests.unit.operator_broker.statistics_server import FakeServer, serve


async def use_up(scheduler: TenantScheduler, work: Work, stack: AsyncExitStack) -> None:
    """Fill the line of the namespace, or spend its processor time."""

    async def hold() -> None:
        async with scheduler.turn(work, "shop"):
            await asyncio.Event().wait()

    if work is HANDSHAKES:
        scheduler.spend(work, "shop", 100.0)
        return
    tasks = [asyncio.create_task(hold()) for _ in range(work.of_namespace + work.waiting)]
    for task in tasks:
        stack.callback(task.cancel)
    await asyncio.sleep(0)


async def statistics_error(uri: str, parameters: ConnectionParameters) -> Unknown | None:
    source = ManagementStatistics(uri, parameters)
    poller = StatisticsPoller(source, "/", time.monotonic, 5.0, parameters.tenant)
    async with asyncio.timeout(60):
        while poller.error is None and poller.latest is None:
            await poller.start()
            await asyncio.sleep(0.01)
    await poller.close()
    return poller.error


async def quiet_answer(uri: str, parameters: ConnectionParameters) -> Unknown | None:
    check = QuietCheck(uri, parameters, time.monotonic)
    try:
        return await check.run(["work"])
    finally:
        await check.close()


async def depth(uri: str, parameters: ConnectionParameters) -> object:
    depths = QueueDepths(parameters, time.monotonic, has_statistics=False)
    try:
        return await depths.read(["work"], None)
    finally:
        await depths.close()


@pytest.mark.parametrize(
    ("work", "sources", "name"),
    [
        (HANDSHAKES, (statistics_error, quiet_answer, depth), "processor time for TLS handshakes"),
        (LOOKUPS, (statistics_error, quiet_answer, depth), "DNS lookups"),
        (BODIES, (statistics_error, quiet_answer), "responses of over 32 KiB"),
        (LARGE_BODIES, (statistics_error, quiet_answer), "responses of over 256 KiB"),
        (HUGE_BODIES, (statistics_error,), "responses of over 4 MiB"),
        (DECODING, (statistics_error, quiet_answer), "decodings of responses"),
    ],
    ids=lambda each: each.name if isinstance(each, Work) else "",
)
def test_what_is_over_a_bound_is_unknown_with_its_name(work, sources, name, monkeypatch):
    """It was BrokerUnreachable or StatisticsUnreachable, although the broker is well."""
    sizes = {BODIES: 40_000, LARGE_BODIES: 300_000, HUGE_BODIES: 5_000_000}
    body = b"[]" + b" " * sizes.get(work, 0)
    paths = ("/api/queues/%2F", "/api/queues/%2F/work")

    async def play(uri: str) -> list[object]:
        port, scheduler = int(uri.rpartition(":")[2]), TenantScheduler()
        stream = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        addresses = [
            (socket.AF_INET, *stream, ("127.0.0.1", port)),
            (socket.AF_INET6, *stream, ("::1", port, 0, 0)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: addresses)
        tls = "s" if work is HANDSHAKES else ""
        parameters = ConnectionParameters(
            amqp_uri=f"amqp{tls}://broker:{port}/",
            networks=ANY_NETWORK,
            tenant=scheduler.of("shop"),
        )
        async with AsyncExitStack() as stack:
            await use_up(scheduler, work, stack)
            return [await source(f"http{tls}://broker:{port}", parameters) for source in sources]

    with serve(FakeServer(dict.fromkeys(paths, body))) as server:
        found = asyncio.run(play(server.uri))

    cause = f"namespace shop is over its limit of {name}"
    assert found == [Unknown("NamespaceBudgetExceeded", cause)] * len(sources)
