"""What Prometheus reads of each object."""

import asyncio

from mare.custom_resource.autoscaler import Key
from mare.loop.metrics import Metrics
from mare.loop.record import Record, View
from tests.unit.operator_loop.worlds import OF_WORKER


async def test_an_object_is_exported_with_what_was_read_and_decided(world):
    world.brokers.busy = {"10.0.0.1": 3, "10.0.0.2": 0, "10.0.0.3": 1}
    world.begin(2, 95)
    await world.tick()
    world.clock.now += 0.5

    assert world.metric("queue_depth_messages", **OF_WORKER) == 95
    assert world.metric("busy_replicas", **OF_WORKER) == 2
    assert (
        world.metric("current_replicas", **OF_WORKER),
        world.metric("desired_replicas", **OF_WORKER),
    ) == (2, 10)
    assert world.metric("reading_age_seconds", **OF_WORKER) == 0
    assert world.metric("queues_unknown", **OF_WORKER) == 0
    world.metrics.set_leading(world.record, leads=False)
    assert world.metric("queue_depth_messages", **OF_WORKER) is None


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

    view, record = world.history.view, Growing()
    assert record.view is view
    metrics = Metrics(record)
    metrics.set_leading(record, leads=True)
    assert metrics.registry.get_sample_value("mare_queue_depth_messages", OF_WORKER) == 95


async def test_a_load_that_needs_more_than_the_maximum_is_exported_with_its_limit(world):
    world.begin(2, 95, maxReplicas=4)
    await world.tick()

    names = ("needed_replicas", "desired_replicas", "max_replicas", "missing_replicas")
    assert [world.metric(name, **OF_WORKER) for name in names] == [10, 4, 4, 6]
    assert world.metric("limited_by", reason="TooManyReplicas", **OF_WORKER) == 1


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

    assert world.metric("scale_changes_total", direction="up") == 1
    assert world.metric("round_seconds_sum") == 0.25
    assert world.metric("decision_to_scale_seconds_sum") == 0.5


async def test_an_object_whose_queues_are_unknown_has_no_depth(world):
    world.begin(2, 95)
    world.brokers.odd["broker"] = ValueError("no")
    await world.tick()

    assert world.metric("queue_depth_messages", **OF_WORKER) is None
    assert world.metric("reading_age_seconds", **OF_WORKER) is None
    assert world.metric("queues_unknown", **OF_WORKER) == 1
    assert world.metric("current_replicas", **OF_WORKER) == 2
