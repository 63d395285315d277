"""One dashboard shows the objects of all shards; metrics have those of the own ones only."""

from mare.custom_resource.autoscaler import Key, read_autoscaler
from mare.dashboard.snapshot import Snapshot
from mare.loop.metrics import Metrics
from mare.loop.record import Record
from mare.sharding.assignment import shard_of
from mare.sharding.sharded_loop import ShardedLoop
from mare.sharding.whole_record import WholeRecord
from tests.unit.operator_loop.worlds import AT_ONCE, World, body, settle

OWN, OTHER = "shop", "team"
"""Namespaces of two shards."""
assert (shard_of(OWN, 2), shard_of(OTHER, 2)) == (0, 1)


class Replica:
    """A process with two shards: worlds that share clock, objects and workloads."""

    def __init__(self, first: World, *, leads: tuple[bool, bool]) -> None:
        shared = {"clock": first.clock, "workloads": first.workloads, "objects": first.objects}
        self.parts = [World(**shared, leads=each) for each in leads]
        for part in self.parts:
            part.use(first.brokers)
        self.loop = ShardedLoop([part.loop for part in self.parts])
        self.record = WholeRecord(self.loop, first.clock)
        self.metrics = Metrics(*(part.record for part in self.parts))
        for part in self.parts:
            part.loop.metrics = self.metrics

    def put(self, namespace: str, name: str, version: int = 100, **fields) -> None:
        status = fields.pop("status", None)
        stored = body(name, namespace=namespace, version=version, **fields)
        self.loop.put(read_autoscaler({**stored, "status": status}))

    async def tick(self, world: World, seconds: float = 1.0) -> None:
        world.clock.now += seconds
        for part in self.parts:
            part.loop.tick()
        await settle()


async def test_the_objects_of_other_replicas_are_shown_as_their_status_has_them(world):
    a, b = (Replica(world, leads=leads) for leads in ((True, False), (False, True)))
    for name, namespace, ready in (("own", OWN, 45), ("other", OTHER, 95)):
        world.workloads.have(name, 2)
        world.brokers.ready[name] = ready
        for replica in (a, b):
            replica.put(namespace, name, **AT_ONCE)
    for replica in (a, b, a, b):
        await replica.tick(world)
    for name, namespace in (("own", OWN), ("other", OTHER)):
        status = world.objects.status(name)
        for replica in (a, b):
            replica.put(namespace, name, 200, status=status, **AT_ONCE)
    rows = {}
    for label, replica in (("a", a), ("b", b)):
        snapshot = Snapshot(replica.record, dict, world.clock)
        await snapshot.refresh()
        rows[label] = {
            key: (
                history.view.scale.replicas,
                history.view.depth,
                history.view.decision.desired,
            )
            for key, history in replica.record.histories.items()
        }
        assert snapshot.state().count('"sentence":{') == 2
    assert (
        rows["a"] == rows["b"] == {Key(OWN, "own"): (5, 45, 5), Key(OTHER, "other"): (10, 95, 10)}
    )
    names = [
        {
            sample.labels["name"]
            for family in replica.metrics.registry.collect()
            for sample in family.samples
            if sample.name == "mare_queue_depth_messages"
        }
        for replica in (a, b)
    ]
    assert names == [{"own"}, {"other"}]
    assert [e.metrics.registry.get_sample_value("mare_leader") for e in (a, b)] == [1, 1]


async def test_an_object_without_a_status_is_shown_once_its_leader_has_written_one(world):
    replica = Replica(world, leads=(True, False))
    replica.put(OTHER, "new")
    assert list(replica.record.histories) == []


async def test_views_of_deleted_objects_are_not_kept(world):
    replica = Replica(world, leads=(True, True))
    world.workloads.have("other", 2)
    replica.put(OTHER, "other", **AT_ONCE)
    await replica.tick(world)
    await replica.tick(world)
    replica = Replica(world, leads=(True, False))
    record = replica.record
    replica.put(OTHER, "other", 200, status=world.objects.status("other"), **AT_ONCE)
    assert list(record.histories) == [Key(OTHER, "other")]
    replica.loop.remove(Key(OTHER, "other"), "uid-other")
    assert list(record.histories) == []
    assert record._stored == {}


def test_a_replica_that_leads_two_shards_counts_both_and_none_after_losing_them():
    metrics = Metrics(first := Record(), second := Record())
    for record, leads, value in (
        (first, True, 1),
        (second, True, 2),
        (first, False, 1),
        (second, False, 0),
    ):
        metrics.set_leading(record, leads=leads)
        assert metrics.registry.get_sample_value("mare_leader") == value
