"""What objects read of their queues: by passive declare, from statistics, or not at all."""

import asyncio
from dataclasses import replace

import pytest

from mare.broker import brokers, queue_selection
from mare.domain.decide import decide
from mare.domain.history import History
from mare.domain.observation import Observation, Workload
from mare.domain.unknown import Unknown
from tests.fakes.declarations import Found
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_broker.broker_stage import (
    AMQP,
    EVENTS,
    MANAGEMENT,
    PROMETHEUS,
    Stage,
    autoscaler,
    sampled,
)


def test_namespaces_with_the_same_broker_share_its_connection(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.queues["worker"] = Found(3, 1)
        objects = [autoscaler(f"shop-{number}") for number in range(50)]
        for reading in await asyncio.gather(*(stage.reading(each) for each in objects)):
            assert [each.ready for each in reading.queues] == [3]
        assert len(stage.broker.connections) == 1

    play(timeline, **AMQP)


def test_a_connection_without_objects_is_closed_also_in_a_shared_broker(play):
    async def timeline(stage: Stage) -> None:
        here, there = autoscaler(queues=[{"name": "a"}]), autoscaler("other")
        there = replace(there, broker=replace(there.broker, vhost="there"))
        await asyncio.gather(stage.reading(here), stage.reading(there))
        assert stage.broker.open == 2
        await stage.brokers.keep_only([here])
        assert stage.broker.open == 1
        await stage.brokers.keep_only([])
        assert stage.broker.open == 0
        assert not stage.brokers._hosts

    play(timeline, **AMQP)


def test_queues_beyond_the_first_256_are_as_old_as_the_statistics(play):
    async def timeline(stage: Stage) -> None:
        names = [f"mail.{number:04}" for number in range(300)]
        stage.broker.queues = dict.fromkeys(names, Found(2, 0))
        stage.statistics = dict.fromkeys(names, sampled(ready=1))
        mails = autoscaler(queues=[{"pattern": "mail.*"}])
        assert stage.brokers.cost(mails) == 1
        queues = (await stage.reading(mails)).queues

        assert [each.ready for each in queues] == [2] * 256 + [1] * 44
        assert len(stage.broker.declared) == stage.brokers.cost(mails) == 256
        assert stage.brokers.cost(replace(mails, generation=2)) == 1

        stage.statistics_hang = True
        await asyncio.sleep(16)
        queues = (await stage.reading(mails)).queues
        assert {each.read_at for each in queues[:256]} == {16.0}
        assert {each.read_at for each in queues[256:]} == {0.0}

    play(timeline, **AMQP, **MANAGEMENT)


def test_without_amqp_a_reading_is_as_old_as_the_statistics(play):
    async def timeline(stage: Stage) -> None:
        stage.statistics = {"worker": sampled(ready=5)}
        await stage.reading(autoscaler())
        stage.statistics_hang = True
        await asyncio.sleep(16)
        (queue,) = (await stage.reading(autoscaler())).queues
        assert (queue.ready, queue.read_at, queue.statistics_at) == (5, 0.0, 0.0)

    play(timeline, **MANAGEMENT)


def test_fresh_queues_scale_up_while_the_statistics_of_another_queue_are_old(play):
    """500 fresh messages need 50 replicas, 20 at once; the age of one queue does not hide them."""

    async def timeline(stage: Stage) -> None:
        stage.broker.queues["worker"] = Found(500, 1)
        stage.statistics = {"worker": sampled(500, 1), "fila-ação": sampled(0, 1)}
        both = autoscaler(maxReplicas=20, queues=[{"name": "worker"}, {"name": "fila-ação"}])
        await stage.reading(both)
        stage.statistics_hang = True
        await asyncio.sleep(20)
        queues = (await stage.reading(both)).queues
        now = virtual_time.now()
        assert sorted(now - each.read_at for each in queues) == [0.0, 20.0]

        observation = Observation(workload=Workload(replicas=1, ready=1), queues=queues)
        decision, _ = decide(both.spec, observation, History.begin(now, 1), now)
        assert decision.replicas == 20

        empty = tuple(replace(each, ready=0) for each in queues)
        observation = Observation(workload=Workload(replicas=20, ready=20), queues=empty)
        decision, _ = decide(both.spec, observation, History.begin(now, 20), now)
        assert decision.replicas == 20

    play(timeline, **AMQP, **MANAGEMENT)


def test_an_object_over_the_limit_is_unknown_and_others_are_read(play, monkeypatch):
    monkeypatch.setattr(queue_selection, "MAX_QUEUES_OF_OBJECT", 2)

    async def timeline(stage: Stage) -> None:
        stage.broker.queues = dict.fromkeys(["a-1", "a-2", "a-3", "worker"], Found(1, 0))
        stage.statistics = dict.fromkeys(stage.broker.queues, sampled(1))
        greedy = autoscaler("greedy", queues=[{"pattern": "a-*"}])
        readings = await stage.brokers.read([greedy, autoscaler()])
        assert readings[greedy.key].queues.reason == "TooManyQueues"
        assert readings[greedy.key].busy.reason == "TooManyQueues"
        assert [each.ready for each in readings[autoscaler().key].queues] == [1]
        assert stage.broker.declared == ["worker"]

    play(timeline, **AMQP, **MANAGEMENT)


def test_the_limit_applies_to_the_queues_of_all_virtual_hosts(play, monkeypatch):
    monkeypatch.setattr(brokers, "MAX_QUEUES_OF_OBJECT", 2)

    async def timeline(stage: Stage) -> None:
        entries = [{"name": name, "vhost": name} for name in "abc"]
        reading = await stage.reading(autoscaler(queues=entries))
        assert reading.queues.reason == "TooManyQueues"

    play(timeline, **AMQP)


def test_a_queue_that_becomes_exclusive_is_no_longer_read(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.queues["worker"] = Found(1, 1)
        await stage.new_statistics(worker=sampled(1))
        matching = autoscaler(queues=[{"pattern": "work*"}])
        assert [each.name for each in (await stage.reading(matching)).queues] == ["worker"]
        await stage.new_statistics(worker=sampled(1, exclusive=True))
        assert (await stage.reading(matching)).queues == ()

    play(timeline, **AMQP, **MANAGEMENT)


def test_the_secret_of_a_broker_that_refuses_the_password_is_read_every_2_s(play):
    async def timeline(stage: Stage) -> None:
        there = autoscaler(queues=[{"name": "worker", "vhost": "there"}])
        stage.broker.password = "new"
        assert (await stage.reading(there)).queues.reason == "AccessRefused"
        stage.secret = {"amqp-uri": "amqp://user:new@rabbitmq/"}
        stage.broker.queues["worker"] = Found(1, 1)
        await asyncio.sleep(1.9)
        assert (await stage.reading(there)).queues.reason == "AccessRefused"
        await asyncio.sleep(0.1)
        assert [each.ready for each in (await stage.reading(there)).queues] == [1]
        await stage.brokers.keep_only([there])
        assert len(stage.brokers._hosts) == 1

    play(timeline, **AMQP)


def test_a_queue_that_amqp_cannot_declare_is_read_from_statistics(play):
    async def timeline(stage: Stage) -> None:
        stage.statistics = {"fila-ação": sampled(ready=5)}
        stage.broker.queues["worker"] = Found(1, 1)
        both = autoscaler(queues=[{"name": "fila-ação"}, {"name": "worker"}])
        assert [each.ready for each in (await stage.reading(both)).queues] == [5, 1]

    play(timeline, **AMQP, **MANAGEMENT)


def test_a_queue_that_no_source_reports_does_not_affect_others(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.queues["worker"] = Found(1, 1)
        both = autoscaler(queues=[{"name": "fila-ação"}, {"name": "worker"}])
        unknown, known = (await stage.reading(both)).queues
        assert (unknown.ready.reason, known.ready) == ("NotReported", 1)

    play(timeline, **AMQP)


def test_each_queue_of_three_virtual_hosts_is_read_once(play):
    async def timeline(stage: Stage) -> None:
        entries = [{"name": "a", "vhost": "x"}, {"pattern": "b-*", "vhost": "y"}, {"name": "c"}]
        reading = await stage.reading(autoscaler(queues=entries))
        assert {(each.vhost, each.name) for each in reading.queues} == {
            ("x", "a"),
            ("y", "b-*"),
            ("/", "c"),
        }
        assert len(reading.queues) == 3

    play(timeline, **AMQP)


def test_a_nameko_service_that_only_listens_is_read(play):
    async def timeline(stage: Stage) -> None:
        stage.statistics = {EVENTS: sampled(consumers=1)}
        stage.broker.queues = {EVENTS: Found(4, 1)}
        shop = autoscaler(queues=[], nameko={"service": "shop"})
        (reading,) = (await stage.reading(shop)).queues
        assert (reading.name, reading.ready) == (EVENTS, 4)

    play(timeline, **AMQP, **MANAGEMENT)


@pytest.mark.parametrize("secret", [AMQP, PROMETHEUS, {**AMQP, **PROMETHEUS}])
def test_transient_queues_are_unknown_without_the_management_api(play, secret):
    async def timeline(stage: Stage) -> None:
        stage.statistics = {"worker": sampled()}
        assert isinstance((await stage.reading(autoscaler())).transient, Unknown)

    play(timeline, **secret)


def test_transient_queues_are_remembered_after_their_deletion(play):
    async def timeline(stage: Stage) -> None:
        shop = autoscaler(queues=[], nameko={"service": "shop"})
        rpc = {"rpc-shop": sampled(consumers=1)}
        stage.statistics = {**rpc, EVENTS: sampled(consumers=1, transient=True)}
        assert (await stage.reading(shop)).transient == (EVENTS,)

        await stage.new_statistics(**{"rpc-shop": sampled()})
        assert (await stage.reading(shop)).transient == (EVENTS,)

        await stage.new_statistics(**rpc, **{EVENTS: sampled(consumers=1)})
        assert (await stage.reading(shop)).transient == ()

    play(timeline, **AMQP, **MANAGEMENT)


def test_transient_queues_of_another_query_are_forgotten(play):
    async def timeline(stage: Stage) -> None:
        stage.statistics = {"worker": sampled(consumers=1, transient=True)}
        assert (await stage.reading(autoscaler())).transient == ("worker",)
        await stage.new_statistics()
        changed = autoscaler(queues=[{"name": "other"}])
        assert (await stage.reading(changed)).transient.reason == "NoConsumers"

    play(timeline, **AMQP, **MANAGEMENT)


@pytest.mark.parametrize(
    ("spec", "statistics", "transient"),
    [
        pytest.param({}, {"worker": sampled()}, (), id="all are there"),
        pytest.param({}, {}, "NoConsumers", id="one is missing"),
        pytest.param(
            {"queues": [{"pattern": "w*"}]}, {"worker": sampled()}, "NoConsumers", id="more"
        ),
    ],
)
def test_without_consumers_a_missing_queue_may_be_transient(play, spec, statistics, transient):
    async def timeline(stage: Stage) -> None:
        stage.statistics = statistics
        found = (await stage.reading(autoscaler(**spec))).transient
        assert getattr(found, "reason", found) == transient

    play(timeline, **AMQP, **MANAGEMENT)
