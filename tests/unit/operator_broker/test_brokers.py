"""What objects see of their queues: by declaration, by statistics, or not at all."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import aiormq
import pytest

from mare.broker import virtual_host
from mare.broker.brokers import SecretBrokers
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.custom_resource.autoscaler import Autoscaler, Key, read_autoscaler
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, NotFound
from tests.fakes.declarations import Broker, Found
from tests.unit.operator_loop.worlds import Clock, body

EVENTS = "evt-cart-paid--shop.on_paid"
AMQP = {"amqp-uri": "amqp://rabbitmq/"}
MANAGEMENT = {"management-uri": "http://rabbitmq:15672"}
PROMETHEUS = {"prometheus-uri": "http://rabbitmq:15692"}


def told(ready: int = 0, consumers: int = 0, **fields: Any) -> QueueStatistics:
    return QueueStatistics(ready=ready, consumers=consumers, unacknowledged=0, **fields)


@dataclass
class Stage:
    """One broker, one Secret, and objects in as many namespaces as they are given."""

    secret: dict[str, str]
    broker: Broker = field(default_factory=Broker)
    clock: Clock = field(default_factory=Clock)
    statistics: dict[str, QueueStatistics] = field(default_factory=dict)
    """By the name of a queue in any virtual host."""

    def __post_init__(self) -> None:
        self.brokers = SecretBrokers(self, self.clock, statistics_seconds=0.1, secret_seconds=60)

    async def read(self, namespace: str, name: str) -> dict[str, str]:
        if not self.secret:
            raise NotFound(name)
        return {k: base64.b64encode(value.encode()).decode() for k, value in self.secret.items()}

    async def fetch(self, vhost: str, now: float) -> Statistics:
        return Statistics(now, dict(self.statistics))

    async def close(self) -> None:
        """Nothing is open."""

    async def look(self, autoscaler: Autoscaler) -> BrokerReading:
        return (await self.brokers.read([autoscaler]))[autoscaler.key]

    async def renewed(self) -> None:
        """Let new statistics come."""
        (hosts,) = self.brokers._hosts.values()
        for host in hosts.values():
            host._following._take(await self.fetch(host.name, self.clock()))


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(story: Callable[[Stage], Awaitable[None]], **secret: str) -> None:
        async def bounded() -> None:
            stage = Stage({key.replace("_", "-"): uri for key, uri in secret.items()})
            monkeypatch.setattr(aiormq, "Connection", stage.broker.connection)
            monkeypatch.setattr(
                virtual_host, "_source", lambda access: stage if _asks(access) else None
            )
            async with asyncio.timeout(20):
                await story(stage)
                await stage.brokers.close()
            assert stage.broker.open == 0
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(bounded())

    return run


def _asks(access: Any) -> bool:
    return bool(access.management_uri or access.prometheus_uri)


def autoscaler(namespace: str = "shop", **spec: Any) -> Autoscaler:
    found = read_autoscaler(body(**spec))
    key = Key(namespace, found.key.name)
    return replace(found, key=key, broker=replace(found.broker, namespace=namespace))


def test_namespaces_with_the_same_broker_share_its_connection(play):
    async def story(stage: Stage) -> None:
        stage.broker.queues["worker"] = Found(3, 1)
        objects = [autoscaler(f"shop-{number}") for number in range(50)]
        for seen in await asyncio.gather(*(stage.look(each) for each in objects)):
            assert [each.ready for each in seen.queues] == [3]
        assert len(stage.broker.connections) == 1

    play(story, **AMQP)


def test_what_nobody_refers_to_is_closed_also_in_a_broker_that_others_use(play):
    async def story(stage: Stage) -> None:
        here, there = autoscaler(queues=[{"name": "a"}]), autoscaler("other")
        there = replace(there, broker=replace(there.broker, vhost="there"))
        await asyncio.gather(stage.look(here), stage.look(there))
        assert stage.broker.open == 2
        await stage.brokers.keep_only([here])
        assert stage.broker.open == 1
        await stage.brokers.keep_only([])
        assert stage.broker.open == 0
        assert not stage.brokers._hosts

    play(story, **AMQP)


def test_more_queues_than_are_looked_at_are_as_the_statistics_tell(play):
    async def story(stage: Stage) -> None:
        names = [f"mail.{number:04}" for number in range(300)]
        stage.broker.queues = dict.fromkeys(names, Found(2, 0))
        stage.statistics = dict.fromkeys(names, told(ready=1))
        mails = autoscaler(queues=[{"pattern": "mail.*"}])
        assert stage.brokers.cost(mails) == 1
        seen = await stage.look(mails)

        assert [each.ready for each in seen.queues] == [2] * 256 + [1] * 44
        assert len(stage.broker.asked) == stage.brokers.cost(mails) == 256

        stage.clock.now += 16  # no statistics came meanwhile
        seen = await stage.look(mails)
        assert {each.ready.reason for each in seen.queues[256:]} == {"Stale"}
        assert {each.ready for each in seen.queues[:256]} == {2}

    play(story, **AMQP, **MANAGEMENT)


def test_without_amqp_the_last_statistics_do_not_stand_for_ever(play):
    async def story(stage: Stage) -> None:
        stage.statistics = {"worker": told(ready=5)}
        (seen,) = (await stage.look(autoscaler())).queues
        assert seen.ready == 5
        stage.clock.now += 16
        (seen,) = (await stage.look(autoscaler())).queues
        assert (seen.ready.reason, seen.consumers.reason) == ("Stale", "Stale")

    play(story, **MANAGEMENT)


def test_a_queue_that_amqp_cannot_ask_for_is_as_the_statistics_tell(play):
    async def story(stage: Stage) -> None:
        stage.statistics = {"fila-ação": told(ready=5)}
        stage.broker.queues["worker"] = Found(1, 1)
        both = autoscaler(queues=[{"name": "fila-ação"}, {"name": "worker"}])
        assert [each.ready for each in (await stage.look(both)).queues] == [5, 1]

    play(story, **AMQP, **MANAGEMENT)


def test_a_queue_that_nobody_can_ask_for_makes_no_other_one_unknown(play):
    async def story(stage: Stage) -> None:
        stage.broker.queues["worker"] = Found(1, 1)
        both = autoscaler(queues=[{"name": "fila-ação"}, {"name": "worker"}])
        unknown, known = (await stage.look(both)).queues
        assert (unknown.ready.reason, known.ready) == ("NotReported", 1)

    play(story, **AMQP)


def test_each_queue_of_two_virtual_hosts_is_there_once(play):
    async def story(stage: Stage) -> None:
        entries = [{"name": "a", "vhost": "x"}, {"pattern": "b-*", "vhost": "y"}, {"name": "c"}]
        seen = await stage.look(autoscaler(queues=entries))
        assert {(each.vhost, each.name) for each in seen.queues} == {
            ("x", "a"),
            ("y", "b-*"),
            ("/", "c"),
        }
        assert len(seen.queues) == 3

    play(story, **AMQP)


def test_a_nameko_service_that_only_listens_is_read(play):
    async def story(stage: Stage) -> None:
        stage.statistics = {EVENTS: told(consumers=1)}
        stage.broker.queues = {EVENTS: Found(4, 1)}
        shop = autoscaler(queues=[], nameko={"service": "shop"})
        (seen,) = (await stage.look(shop)).queues
        assert (seen.name, seen.ready) == (EVENTS, 4)

    play(story, **AMQP, **MANAGEMENT)


@pytest.mark.parametrize("secret", [AMQP, PROMETHEUS, {**AMQP, **PROMETHEUS}])
def test_which_queues_vanish_only_the_management_api_tells(play, secret):
    async def story(stage: Stage) -> None:
        stage.statistics = {"worker": told()}
        assert isinstance((await stage.look(autoscaler())).transient, Unknown)

    play(story, **secret)


def test_queues_that_have_vanished_are_remembered(play):
    async def story(stage: Stage) -> None:
        shop = autoscaler(queues=[], nameko={"service": "shop"})
        rpc = {"rpc-shop": told(consumers=1)}
        stage.statistics = {**rpc, EVENTS: told(consumers=1, transient=True)}
        assert (await stage.look(shop)).transient == (EVENTS,)

        stage.statistics = {"rpc-shop": told()}  # nobody consumes any more
        await stage.renewed()
        assert (await stage.look(shop)).transient == (EVENTS,)

        stage.statistics = {**rpc, EVENTS: told(consumers=1)}  # it is durable now
        await stage.renewed()
        assert (await stage.look(shop)).transient == ()

    play(story, **AMQP, **MANAGEMENT)


@pytest.mark.parametrize(
    ("spec", "statistics", "transient"),
    [
        pytest.param({}, {"worker": told()}, (), id="all are there"),
        pytest.param({}, {}, "NoConsumers", id="one is missing"),
        pytest.param({"queues": [{"pattern": "w*"}]}, {"worker": told()}, "NoConsumers", id="more"),
    ],
)
def test_while_nobody_consumes_what_vanishes_may_not_be_there(play, spec, statistics, transient):
    async def story(stage: Stage) -> None:
        stage.statistics = statistics
        seen = (await stage.look(autoscaler(**spec))).transient
        assert getattr(seen, "reason", seen) == transient

    play(story, **AMQP, **MANAGEMENT)
