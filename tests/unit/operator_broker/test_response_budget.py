"""The brokers of one namespace cannot fill the memory, however many virtual hosts they have."""

import asyncio
import json
from contextlib import suppress

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import ResponseTooLarge
from mare.broker.networks import ANY_NETWORK
from mare.broker.response_budget import ResponseShare
from mare.tenant_scheduler import RESPONSE_OBJECTS, TenantScheduler
from tests.unit.operator_broker.statistics_server import (
    SOURCES,
    FakeServer,
    serve,
)

COUNT = 20_000
VHOSTS = [f"v{number}" for number in range(5)]


def bodies(count: int) -> dict[str, bytes]:
    """Return what a broker with so many queues in each virtual host returns."""
    names = [f"q{number}" for number in range(count)]
    queues = json.dumps([{"name": each, "messages_ready": 1, "consumers": 0} for each in names])
    metrics = "".join(
        f'rabbitmq_detailed_queue_messages_ready{{vhost="v",queue="{each}"}} 1\n' for each in names
    )
    listed = {f"/api/queues/{vhost}": queues.encode() for vhost in VHOSTS}
    return listed | {"/metrics/detailed": metrics.encode()}


@pytest.mark.parametrize("kind", SOURCES)
def test_the_virtual_hosts_of_a_namespace_share_a_bound_and_no_other_is_affected(kind: type):
    """Of four virtual hosts of `shop` two can be read together, and that of `other`."""

    async def read(uri: str, other: str) -> list[int]:
        scheduler, sources, found = TenantScheduler(), [], []
        for vhost in VHOSTS:
            is_other = vhost == VHOSTS[-1]
            tenant = scheduler.of("other" if is_other else "shop")
            parameters = ConnectionParameters(networks=ANY_NETWORK, tenant=tenant)
            sources.append(kind(other if is_other else uri, parameters))
            with suppress(ResponseTooLarge):
                found.append(len((await sources[-1].fetch(vhost, 0.0)).queues))
        for each in sources:
            await each.close()
        scheduler.hold(RESPONSE_OBJECTS, "shop", RESPONSE_OBJECTS.of_namespace)
        return found

    with serve(FakeServer(bodies(COUNT))) as server, serve(FakeServer(bodies(COUNT // 2))) as other:
        assert asyncio.run(read(server.uri, other.uri)) == [COUNT, COUNT, COUNT // 2]


def test_a_part_is_replaced_and_released():
    tenant, most = TenantScheduler().of("shop"), RESPONSE_OBJECTS.of_namespace
    one, two = ResponseShare(tenant), ResponseShare(tenant)
    for _ in range(3):
        one.reserve("queues", most)
    with pytest.raises(ResponseTooLarge, match="over its limit of JSON objects in responses"):
        two.reserve("queues", 1)
    one.reserve("queues", most - 1)
    two.reserve("queues", 1)
    one.release()
    two.reserve("queues", most)
