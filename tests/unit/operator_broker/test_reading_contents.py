"""What a source reports of a queue reaches the reading of an object."""

import asyncio

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import not_found
from mare.broker.management import ManagementStatistics
from mare.broker.networks import ANY_NETWORK
from mare.broker.virtual_host import VirtualHost
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from tests.fakes.declarations import Found
from tests.unit.operator_broker.broker_stage import AMQP, MANAGEMENT, Stage, autoscaler, sampled
from tests.unit.operator_broker.statistics_server import (
    WORK,
    FakeServer,
    consumer,
    fetch,
    management_of,
    serve,
)
from tests.unit.operator_loop.fakes import Clock


def test_a_reading_has_the_depth_of_now_and_the_rest_of_the_statistics(play):
    rest = {
        "published": 90,
        "delivered": 80,
        "acknowledged": 70,
        "prefetch": 10,
        "automatic": True,
        "single_active": True,
    }

    async def timeline(stage: Stage) -> None:
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

    play(timeline, **AMQP, **MANAGEMENT)


def test_a_stream_in_a_virtual_host_is_named_with_it(play):
    async def timeline(stage: Stage) -> None:
        there = autoscaler(queues=[{"name": "worker", "vhost": "there"}])
        await stage.reading(there)
        await stage.new_statistics(worker=sampled(9, stream=True))
        (queue,) = (await stage.reading(there)).queues
        assert (queue.vhost, queue.ready.name) == ("there", "worker")
        assert queue.ready.reason == queue.consumers.reason == "QueueIsStream"
        assert queue.read_at == 5

    play(timeline, **AMQP, **MANAGEMENT)


def test_a_missing_queue_is_named_where_only_statistics_show_it(play):
    async def timeline(stage: Stage) -> None:
        (queue,) = (await stage.reading(autoscaler())).queues
        assert queue.ready == queue.consumers == not_found("worker")
        assert queue.ready.name == queue.consumers.name == queue.name == "worker"

    play(timeline, **MANAGEMENT)


def test_without_statistics_patterns_and_queues_beyond_the_first_256_are_unknown(play):
    async def timeline(stage: Stage) -> None:
        names = [f"work-{number}" for number in range(258)]
        stage.broker.queues = dict.fromkeys(names, Found(1, 1))
        await asyncio.sleep(7)
        given = [*({"name": name} for name in names), {"pattern": "mail.*"}]
        reading = await stage.reading(autoscaler(queues=given))
        unknown = [each for each in reading.queues if isinstance(each.ready, Unknown)]
        assert [each.name for each in unknown] == ["work-256", "work-257", "mail.*"]
        assert {each.ready.reason for each in unknown} == {"NoStatistics"}
        assert {each.consumers.reason for each in unknown} == {"NoStatistics"}
        assert {each.read_at for each in reading.queues} == {7}
        assert [each.code for each in reading.lost] == ["lost.statistics", "lost.queues", "unknown"]

    play(timeline, **AMQP)


def test_the_replicas_of_consumers_are_as_busy_as_in_two_statistics(play):
    async def timeline(stage: Stage) -> None:
        stage.statistics = {"worker": sampled(peers={"10.0.0.1:4000": 4, "10.0.0.2:4000": 0})}
        await stage.reading(autoscaler())
        await stage.new_statistics(worker=sampled(peers={"10.0.0.1:4000": 1}, published=9))
        assert (await stage.reading(autoscaler())).busy == {"10.0.0.1": 4, "10.0.0.2": 0}

    play(timeline, **MANAGEMENT)


def test_an_object_whose_secret_is_missing_has_unknown_queues_and_replicas(play):
    async def timeline(stage: Stage) -> None:
        stage.secret = {}
        reading = await stage.reading(autoscaler())
        assert (
            reading.queues
            == reading.busy
            == Unknown("SecretNotFound", "Secret broker does not exist")
        )

    play(timeline, **AMQP)


def test_a_secret_whose_password_is_refused_is_read_again_soon(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.refuses = True
        there = autoscaler(queues=[{"name": "worker", "vhost": "there"}])
        assert (await stage.reading(there)).queues.reason == "AccessRefused"
        stage.secret = {}
        await asyncio.sleep(3)
        assert (await stage.reading(there)).queues.reason == "SecretNotFound"

    play(timeline, **AMQP)


@pytest.mark.parametrize(
    ("uris", "path"),
    [
        (("management_uri",), "/api/queues/shop"),
        (("prometheus_uri",), "/metrics/detailed"),
        (("management_uri", "prometheus_uri"), "/api/queues/shop"),
    ],
)
def test_statistics_come_from_the_management_api_where_a_secret_has_it(uris, path):
    queues = b'[{"name": "work", "messages_ready": 3, "consumers": 0}]'
    metrics = b'rabbitmq_detailed_queue_messages_ready{vhost="shop",queue="work"} 3\n'
    server = FakeServer({"/api/queues/shop": queues, "/metrics/detailed": metrics})

    async def read(uri: str) -> QueueReading:
        parameters = ConnectionParameters(
            vhost="shop", networks=ANY_NETWORK, **dict.fromkeys(uris, uri)
        )
        host = VirtualHost(parameters, Clock(), 5.0)
        await host.start_statistics()
        readings = await host.read(["work"], [])
        await host.close()
        return readings["work"]

    with serve(server):
        found = asyncio.run(read(server.uri))
    assert (found.vhost, found.ready) == ("shop", 3)
    assert isinstance(found.unacknowledged, Unknown)
    assert server.requested[0] == path


@pytest.mark.parametrize(("modes", "automatic"), [((True, True), False), ((True, False), True)])
def test_one_consumer_without_acknowledgements_makes_the_queue_automatic(modes, automatic):
    """RabbitMQ ignores its prefetch count, which then is no number of workers."""
    held = [{**consumer("one", 10), "ack_required": mode} for mode in modes]
    (work,) = fetch(ManagementStatistics, management_of([WORK], held)).values()

    assert work.automatic is automatic
    assert (work.prefetch == 10) is not automatic


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, (False, False, False, False)),
        ({"auto_delete": True}, (True, False, False, False)),
        ({"exclusive": True}, (True, True, False, False)),
        ({"arguments": {"x-expires": 30_000}}, (True, False, False, False)),
        ({"effective_policy_definition": {"expires": 9}}, (True, False, False, False)),
        ({"effective_policy_definition": {}}, (False, False, False, False)),
        ({"effective_policy_definition": []}, (False, False, False, False)),
        ({"type": "stream"}, (False, False, True, False)),
        ({"arguments": {"x-single-active-consumer": True}}, (False, False, False, True)),
    ],
)
def test_the_type_of_a_queue_is_reported_beside_its_counts(more, found):
    (work,) = fetch(ManagementStatistics, management_of([{**WORK, **more}])).values()

    assert (work.transient, work.exclusive, work.stream, work.single_active) == found
    assert work.ready == 3
