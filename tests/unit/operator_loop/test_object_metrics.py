"""What Prometheus reads of each object."""

import asyncio

from mare.custom_resource.autoscaler import Key
from mare.loop.metrics import Metrics
from mare.loop.record import Record, View
from tests.unit.operator_loop.worlds import World


def read(world: World, name: str, obj: str = "worker") -> float | None:
    labels = {"namespace": "shop", "name": obj}
    return world.metrics.registry.get_sample_value(f"mare_{name}", labels)


async def test_an_object_is_exported_with_what_was_read_and_decided(world):
    world.brokers.busy = {"10.0.0.1": 3, "10.0.0.2": 0, "10.0.0.3": 1}
    world.begin(2, 95)
    await world.tick()
    world.clock.now += 0.5

    assert read(world, "queue_depth_messages") == 95
    assert read(world, "busy_replicas") == 2
    assert (read(world, "current_replicas"), read(world, "desired_replicas")) == (2, 10)
    assert read(world, "reading_age_seconds") == 0
    assert read(world, "queues_unknown") == 0
    world.metrics.set_leading(world.record, leads=False)
    assert read(world, "queue_depth_messages") is None


async def test_objects_that_come_and_go_while_they_are_collected_change_nothing(world):
    """A thread collects them."""

    class Growing(Record):
        """Each of its objects brings another one when it is read."""

        @property
        def view(self) -> View:
            self.histories[Key("shop", f"worker-{len(self.histories)}")] = self
            return view

    world.begin(2, 95)
    await world.tick()

    view, record = world.record.histories[Key("shop", "worker")].view, Growing()
    assert record.view is view
    metrics = Metrics(record)
    metrics.set_leading(record, leads=True)
    labels = {"namespace": "shop", "name": "worker"}
    assert metrics.registry.get_sample_value("mare_queue_depth_messages", labels) == 95


async def test_a_load_that_needs_more_than_the_maximum_is_exported_with_its_limit(world):
    world.begin(2, 95, maxReplicas=4)
    await world.tick()

    names = ("needed_replicas", "desired_replicas", "max_replicas", "missing_replicas")
    assert [read(world, name) for name in names] == [10, 4, 4, 6]
    labels = {"namespace": "shop", "name": "worker", "reason": "TooManyReplicas"}
    assert world.metrics.registry.get_sample_value("mare_limited_by", labels) == 1


async def test_a_round_is_as_long_as_its_read_and_a_change_as_long_as_its_request(world):
    world.brokers.answers = asyncio.Event()
    world.workloads.answers = asyncio.Event()
    world.begin(2, 95)
    await world.tick()
    world.clock.now += 0.25
    world.brokers.answers.set()
    await world.tick(0)
    world.clock.now += 0.5
    world.workloads.answers.set()
    await world.tick(0)

    registry = world.metrics.registry
    assert registry.get_sample_value("mare_scale_changes_total", {"direction": "up"}) == 1
    assert registry.get_sample_value("mare_round_seconds_sum") == 0.25
    assert registry.get_sample_value("mare_decision_to_scale_seconds_sum") == 0.5


async def test_an_object_whose_queues_are_unknown_has_no_depth(world):
    world.begin(2, 95)
    world.brokers.odd["broker"] = ValueError("no")
    await world.tick()

    assert read(world, "queue_depth_messages") is None
    assert read(world, "reading_age_seconds") is None
    assert read(world, "queues_unknown") == 1
    assert read(world, "current_replicas") == 2
