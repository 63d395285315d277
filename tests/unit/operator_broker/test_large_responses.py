"""Large responses of many brokers at the same time take a bounded amount of memory."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient, ResponseTooLarge
from mare.broker.management import _count_objects
from mare.broker.networks import ANY_NETWORK
from mare.tenant_lines import Work
from mare.tenant_scheduler import BODIES, LARGE_BODIES, TenantScheduler
from tests.unit.operator_broker.memory import peak_mib
from tests.unit.operator_broker.statistics_server import MIB, same_for_all, serve, tcp_server

BROKERS = 30
BODY = bytes(4 * MIB)


async def get_all(uri: str, brokers: int = BROKERS) -> list[int | BaseException]:
    scheduler = TenantScheduler()
    clients = [
        BrokerHttpClient(
            uri,
            ConnectionParameters(networks=ANY_NETWORK, tenant=scheduler.of(f"shop-{number}")),
            "it",
            8 * MIB,
        )
        for number in range(brokers)
    ]

    async def size(client: BrokerHttpClient) -> int:
        return len(await client.get("/metrics/detailed", {}))

    try:
        return await asyncio.gather(*map(size, clients), return_exceptions=True)
    finally:
        for client in clients:
            await client.close()


def test_large_responses_wait_for_each_other():
    received: list[int | BaseException] = []
    with serve(same_for_all(BODY)) as server:
        peak = peak_mib(lambda: received.extend(asyncio.run(get_all(server.uri))))

    complete = [each for each in received if each == len(BODY)]
    assert all(isinstance(each, OSError) for each in received if each != len(BODY))
    assert len(complete) >= 4
    assert peak < 70 < BROKERS * len(BODY) / MIB


def test_one_huge_response_is_received_at_a_time():
    """Two of 11 MiB took 35 MiB of the operator."""
    body, received = bytes(8 * MIB), list[int | BaseException]()
    with serve(same_for_all(body)) as server:
        peak = peak_mib(lambda: received.extend(asyncio.run(get_all(server.uri, brokers=3))))

    assert received == [len(body)] * 3
    assert peak < 8 + 2 * 4 + 4 < 3 * 8


def test_a_huge_response_that_stalls_leaves_its_place_before_the_request_ends():
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n" + bytes(5 * MIB))
        await reader.read()  # until the client ends it
        writer.close()

    async def play(honest_uri: str) -> int:
        scheduler = TenantScheduler()
        async with tcp_server(stall) as hostile_uri:
            hostile, honest = (
                BrokerHttpClient(
                    uri,
                    ConnectionParameters(networks=ANY_NETWORK, tenant=scheduler.of(name)),
                    "it",
                    8 * MIB,
                )
                for name, uri in (("hostile", hostile_uri), ("honest", honest_uri))
            )
            stalled = asyncio.create_task(hostile.get("/metrics/detailed", {}))
            async with asyncio.timeout(3.5):  # the whole request may take 4
                with pytest.raises(OSError, match="in time"):
                    await stalled
                size = len(await honest.get("/metrics/detailed", {}))
            await hostile.close()
            await honest.close()
        return size

    with serve(same_for_all(bytes(8 * MIB))) as server:
        assert asyncio.run(play(server.uri)) == 8 * MIB


def test_a_huge_response_over_a_slow_link_is_received():
    """At 5 MB/s, 30,000 queues take 2 s, of which 1.3 are left after 4 MiB."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n" + bytes(5 * MIB))
        await asyncio.sleep(1.3)
        writer.write(bytes(3 * MIB))
        await reader.read()
        writer.close()

    async def play() -> list[int | BaseException]:
        async with tcp_server(answer) as uri:
            return await get_all(uri, brokers=1)

    assert asyncio.run(play()) == [8 * MIB]


@pytest.mark.parametrize("work", [BODIES, LARGE_BODIES], ids=lambda work: work.name)
def test_a_large_response_does_not_wait_for_those_of_another_namespace(work: Work):
    async def play(uri: str) -> int:
        scheduler = TenantScheduler()
        tenants = [scheduler.of(name) for name in ("hostile", "honest")]
        hostile, honest = (
            BrokerHttpClient(
                uri, ConnectionParameters(networks=ANY_NETWORK, tenant=tenant), "it", 8 * MIB
            )
            for tenant in tenants
        )
        async with AsyncExitStack() as stack:
            for _ in range(work.of_namespace):  # as responses that stall
                await stack.enter_async_context(tenants[0].turn(work))
            waiting = asyncio.create_task(hostile.get("/metrics/detailed", {}))
            size = len(await honest.get("/metrics/detailed", {}))
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            assert not done
        await waiting
        await hostile.close()
        await honest.close()
        return size

    with serve(same_for_all(BODY)) as server:
        assert asyncio.run(play(server.uri)) == len(BODY)


def test_a_large_response_counts_until_it_is_decoded():
    async def play(uri: str) -> int:
        tenant = TenantScheduler().of("shop")
        parameters = ConnectionParameters(networks=ANY_NETWORK, tenant=tenant)
        first, second = (BrokerHttpClient(uri, parameters, "it", 8 * MIB) for _ in range(2))
        async with first.body("/metrics/detailed", {}):
            waiting = asyncio.create_task(second.get("/metrics/detailed", {}))
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            assert not done
        size = len(await waiting)
        await first.close()
        await second.close()
        return size

    with serve(same_for_all(BODY)) as server:
        assert asyncio.run(play(server.uri)) == len(BODY)


def test_a_response_counts_with_its_bytes_too():
    """A response with names of 10 KB has few objects."""
    assert _count_objects(bytearray(b'[{"name":"a"},{"name":"b"}]')) == 2
    assert _count_objects(bytearray(150_000)) == 1_000
    with pytest.raises(ResponseTooLarge, match="lists"):
        _count_objects(bytearray(b"[" * 130_001))
