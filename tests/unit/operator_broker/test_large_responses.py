"""Large responses of many brokers at the same time take a bounded amount of memory."""

import asyncio
import tracemalloc

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient
from mare.broker.networks import ANY_NETWORK
from mare.tenant_scheduler import LARGE_BODIES, TenantScheduler
from tests.unit.operator_broker.statistics_server import MIB, same_for_all, serve

BROKERS = 30
BODY = bytes(4 * MIB)


async def get_all(uri: str) -> list[int | BaseException]:
    scheduler = TenantScheduler()
    clients = [
        BrokerHttpClient(
            uri,
            ConnectionParameters(networks=ANY_NETWORK, tenant=scheduler.of(f"shop-{number}")),
            "it",
            8 * MIB,
        )
        for number in range(BROKERS)
    ]

    async def size(client: BrokerHttpClient) -> int:
        return len(await client.get("/metrics/detailed", {}))

    try:
        return await asyncio.gather(*map(size, clients), return_exceptions=True)
    finally:
        for client in clients:
            await client.close()


def test_large_responses_wait_for_each_other():
    with serve(same_for_all(BODY)) as server:
        tracemalloc.start()
        try:
            received = asyncio.run(get_all(server.uri))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    complete = [each for each in received if each == len(BODY)]
    assert all(isinstance(each, OSError) for each in received if each != len(BODY))
    assert len(complete) >= 4
    assert peak < 70 * MIB < BROKERS * len(BODY)


def test_a_large_response_does_not_wait_for_those_of_another_namespace():
    async def play(uri: str) -> int:
        scheduler = TenantScheduler()
        tenants = [scheduler.of(name) for name in ("hostile", "honest")]
        hostile, honest = (
            BrokerHttpClient(
                uri, ConnectionParameters(networks=ANY_NETWORK, tenant=tenant), "it", 8 * MIB
            )
            for tenant in tenants
        )
        async with tenants[0].turn(LARGE_BODIES):  # as a response that drips
            waiting = asyncio.create_task(hostile.get("/metrics/detailed", {}))
            size = len(await honest.get("/metrics/detailed", {}))
            assert not waiting.done()
        await waiting
        await hostile.close()
        await honest.close()
        return size

    with serve(same_for_all(BODY)) as server:
        assert asyncio.run(play(server.uri)) == len(BODY)
