"""Whether each shard has a leader, as any replica answers it to `helm test`."""

import asyncio

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from mare import probes
from mare.ports import AccessRefused
from mare.sharding.leaders import elect
from tests.unit.operator_sharding.lease_server import LeaseServer, lease_settings


class ReadOnly(LeaseServer):
    """Refuses writes, as an API server does without the right to create Leases."""

    def serve(self, method, path, body):
        return AccessRefused("no") if method != "GET" else super().serve(method, path, body)


def replicas(server, shards):
    clock = asyncio.get_running_loop().time
    settings = [lease_settings(f"mare-{number}-a1b2c3d4") for number in range(2)]
    return [elect(server, each, clock, shards=shards, is_sole=False) for each in settings]


async def attempts(leaders, seconds=10):
    """Let replicas try to lead, twice a second."""
    for _ in range(2 * seconds):
        for each in leaders:
            await each.election.attempt()
        await asyncio.sleep(0.5)


@pytest.mark.parametrize("shards", [1, 3])
async def test_each_replica_knows_that_everything_is_led(shards: int):
    both = replicas(LeaseServer(), shards)
    assert not any(each.are_elected for each in both)
    await attempts(both)
    assert [each.are_elected for each in both] == [True, True]


@pytest.mark.parametrize("shards", [1, 3])
async def test_replicas_that_may_not_write_the_lease_do_not_say_so(shards: int):
    both = replicas(ReadOnly(), shards)
    await attempts(both)
    assert [each.are_elected for each in both] == [False, False]


@pytest.mark.parametrize("shards", [1, 3])
async def test_a_leader_that_ended_is_none_once_its_lease_expires(shards: int):
    """The Lease names it for ever if the other replicas may not write."""
    server = LeaseServer()
    first, second = replicas(server, shards)
    await attempts([first])
    assert first.are_elected
    server.serve = ReadOnly.serve.__get__(server)
    await attempts([second])
    assert [first.are_elected, second.are_elected] == [False, False]


async def test_a_shard_without_a_leader_is_noticed():
    leaders, _ = replicas(LeaseServer(), 3)
    await leaders.election.attempt()  # no leader of a deleted Lease may be left for 4 s
    assert not leaders.are_elected


def test_it_is_served_without_a_token():
    async def never(_):
        raise AssertionError

    async def answers():
        elected = []
        async with (
            probes.served(
                "127.0.0.1",
                0,
                liveness_failure=lambda: None,
                ready=lambda: True,
                elected=lambda: bool(elected),
                registry=CollectorRegistry(),
                check_access=never,
            ) as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        ):
            for _ in range(2):
                async with session.get("/leader") as answer, session.get("/readyz") as ready:
                    yield answer.status, await answer.text(), ready.status
                elected.append(True)

    async def collected():
        return [each async for each in answers()]

    assert asyncio.run(collected()) == [
        (503, "no replica leads, or a shard has no leader\n", 200),
        (200, "ok\n", 200),
    ]
