"""A loop for each shard: whose objects are read and written."""

import asyncio

import pytest

from mare.cluster.paths import Resource
from mare.loop.pace import Rank
from mare.ports import SoleReplica
from mare.sharding.assignment import shard_of
from mare.sharding.election import ShardElection
from mare.sharding.leaders import Leaders, elect
from mare.sharding.sharded_loop import ShardedLoop
from tests.unit.operator_loop.worlds import World, settle
from tests.unit.operator_sharding.lease_server import LeaseServer, lease_settings

NAMESPACES = [f"team-{number}" for number in range(30)]


async def test_only_the_brokers_of_led_shards_are_read(world):
    parts = [World(clock=world.clock, leads=shard == 1) for shard in range(3)]
    loop = ShardedLoop([part.loop for part in parts])
    for namespace in NAMESPACES:
        world.put(f"in-{namespace}", namespace=namespace)
        loop.put(world.loop.autoscalers[-1])
    assert len(loop.autoscalers) == 30
    for part in parts:
        for each in part.loop.autoscalers:
            part.workloads.have(each.key.name, 1)
        part.loop.tick()
    await settle()
    read = [len(part.record.histories) for part in parts]
    owned = sum(shard_of(namespace, 3) == 1 for namespace in NAMESPACES)
    assert read == [0, owned, 0]
    for each in loop.autoscalers:
        loop.remove(each.key, each.uid)
    assert loop.autoscalers == []


@pytest.mark.parametrize("led", [1, 2, 10])
async def test_the_loops_of_a_process_share_its_reads_per_second(world, led: int):
    """A replica that leads ten shards reads no more often than one without shards."""
    parts = [World(clock=world.clock, leads=number < led) for number in range(10)]
    ShardedLoop([part.loop for part in parts])
    for part in parts[:led]:
        for number in range(400 // led):
            part.put(f"worker-{number}")
        part.loop.tick()
    await settle()
    periods = [
        part.loop._budget.period(each.key, Rank.BUSY)
        for part in parts
        for each in part.loop.autoscalers
    ]
    assert sum(1 / each for each in periods) == pytest.approx(400)


async def test_a_shard_without_objects_has_no_part_of_the_reads(world):
    parts = [World(clock=world.clock) for _ in range(10)]
    ShardedLoop([part.loop for part in parts])
    for number in range(400):
        parts[0].put(f"worker-{number}")
    parts[0].loop.tick()
    await settle()

    key = parts[0].loop.autoscalers[0].key
    assert parts[0].loop._budget.period(key, Rank.BUSY) == pytest.approx(1)


async def test_the_loop_that_is_most_behind_decides_on_liveness(world):
    parts = [World(clock=world.clock) for _ in range(2)]
    loop = ShardedLoop([part.loop for part in parts])
    world.clock.now += 20
    parts[0].loop.tick()
    assert loop.ticked_at == world.clock.now - 20


async def test_writes_are_refused_outside_of_the_led_shards():
    clock = asyncio.get_running_loop().time
    leaders = elect(
        LeaseServer(), lease_settings("mare-0-a1b2c3d4"), clock, shards=3, is_sole=False
    )
    assert not any(leaders.may_write(namespace) for namespace in NAMESPACES)
    assert isinstance(leaders.election, ShardElection)
    await leaders.election.attempt()
    await asyncio.sleep(4)  # no leader of a deleted Lease may be left
    await leaders.election.attempt()
    assert all(leaders.may_write(namespace) for namespace in NAMESPACES)
    assert leaders.names() == "mare-0: 0, 1, 2"
    assert leaders.shows_all
    assert not leaders.is_led_elsewhere(0)
    leaders.election._leaving = 1
    refused = {shard_of(e, 3) for e in NAMESPACES if not leaders.may_write(e)}
    assert refused == {1}


def test_a_path_names_the_namespace_that_a_write_changes():
    scale = Resource("apps/v1", "deployments").path("team-1", "worker", "scale")
    assert scale.namespace == "team-1"
    assert Resource("apps/v1", "deployments").path().namespace is None


@pytest.mark.parametrize("shards", [1, 3])
def test_a_sole_replica_leads_everything(shards: int):
    leaders = elect(LeaseServer(), lease_settings("mare"), lambda: 0.0, shards=shards, is_sole=True)
    assert leaders == Leaders(leaders.of_shards, None)
    assert all(isinstance(each, SoleReplica) for each in leaders.of_shards)
    assert len(leaders.of_shards) == shards
    assert leaders.may_write("team-1")
