"""What a source reports of a queue reaches the reading of an object."""

import asyncio

import pytest

from mare.broker.management import ManagementStatistics
from mare.domain.unknown import Unknown
from tests.fakes.declarations import Found
from tests.unit.operator_broker.broker_stage import AMQP, MANAGEMENT, Stage, autoscaler, sampled
from tests.unit.operator_broker.statistics_server import WORK, consumer, fetch, management_of


def test_a_reading_has_the_depth_of_now_and_the_rest_of_the_statistics(play):
    rest = {
        "published": 90,
        "delivered": 80,
        "acknowledged": 70,
        "prefetch": 10,
        "automatic": True,
        "single_active": True,
    }

    async def story(stage: Stage) -> None:
        stage.broker.queues["worker"] = Found(3, 2)
        await stage.reading(autoscaler())
        await stage.new_statistics(worker=sampled(1, 1, peers={"10.0.0.1:4000": 4}, **rest))
        await asyncio.sleep(0.5)
        reading = await stage.reading(autoscaler())
        (queue,) = reading.queues
        assert (queue.vhost, queue.name, queue.entries) == ("/", "worker", ("worker",))
        assert (queue.ready, queue.consumers, queue.unacknowledged) == (3, 2, 0)
        assert {name: getattr(queue, name) for name in rest} == rest
        assert (queue.read_at, queue.statistics_at, reading.busy_at) == (5.5, 4.975, 4.975)
        assert not isinstance(queue.sampled_after, Unknown)

    play(story, **AMQP, **MANAGEMENT)


def test_a_stream_in_a_virtual_host_is_named_with_it(play):
    async def story(stage: Stage) -> None:
        there = autoscaler(queues=[{"name": "worker", "vhost": "there"}])
        await stage.reading(there)
        await stage.new_statistics(worker=sampled(9, stream=True))
        (queue,) = (await stage.reading(there)).queues
        assert (queue.vhost, queue.ready.name) == ("there", "worker")

    play(story, **AMQP, **MANAGEMENT)


@pytest.mark.parametrize(("modes", "automatic"), [((True, True), False), ((True, False), True)])
def test_one_consumer_without_acknowledgements_makes_the_queue_automatic(modes, automatic):
    held = [{**consumer("one", 10), "ack_required": mode} for mode in modes]
    (work,) = fetch(ManagementStatistics, management_of([WORK], held)).values()

    assert work.automatic is automatic


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, (False, False, False, False)),
        ({"auto_delete": True}, (True, False, False, False)),
        ({"exclusive": True}, (True, True, False, False)),
        ({"type": "stream"}, (False, False, True, False)),
        ({"arguments": {"x-single-active-consumer": True}}, (False, False, False, True)),
    ],
)
def test_the_type_of_a_queue_is_reported_beside_its_counts(more, found):
    (work,) = fetch(ManagementStatistics, management_of([{**WORK, **more}])).values()

    assert (work.transient, work.exclusive, work.stream, work.single_active) == found
    assert work.ready == 3
